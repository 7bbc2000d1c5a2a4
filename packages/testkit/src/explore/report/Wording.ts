/** How a call, a time and a version read. */

import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import { textOf } from "@portolan/cluster-emulator/apiserver/Json"
import * as History from "../../invariants/History.ts"
import type { Call } from "../../services/CallLog.ts"
import { short } from "./Difference.ts"

/** `2:03.450`, or `1:02:03.450`: how long the test's clock had run. */
export const time = (millis: number): string => {
  const [whole, sign] = [Math.abs(millis), millis < 0 ? "−" : ""]
  const [hours, minutes] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60]
  const seconds = `${Math.floor(whole / 1000) % 60}`.padStart(2, "0")
  const rest = `${whole % 1000}`.padStart(3, "0")
  return `${sign}${hours === 0 ? minutes : `${hours}:${`${minutes}`.padStart(2, "0")}`}:${seconds}.${rest}`
}

/** What a call asked and what came of it; `tasks` are the types of tasks by id. */
export const call = (each: Call, tasks: ReadonlyMap<string, string>): string => {
  const version = each.before?.metadata.resourceVersion
  if (each.result === "conflict" && version !== undefined) {
    const what = each.verb === "patchStatus" ? "status" : each.verb
    return `loses a race: ${what} of ${each.target} is refused, for @${version} is there`
  }
  return `${asked(each, tasks)}${ended(each)}`
}

const asked = (each: Call, tasks: ReadonlyMap<string, string>): string => {
  const { answer, before, sent, target, verb } = each
  const on = before === undefined ? "" : ` on @${before.metadata.resourceVersion}`
  const task = taskText(History.taskIdOf(each), tasks)
  switch (verb) {
    case "patchStatus":
      return `writes status of ${target}${on}`
    case "setFinalizers":
      return `sets finalizers of ${target}${on}`
    case "removeFinalizer":
      return `takes its finalizer off ${target}`
    case "create":
      return `creates ${target}`
    case "apply":
      return `applies ${target}`
    case "delete":
      return `deletes ${target}${before === undefined ? ", which is not there" : ""}`
    case "get":
      return `gets ${target}`
    case "list":
      return `lists ${target}`
    case "submit":
      return `submits ${task} to ${target}`
    case "poll":
      return `asks ${target} for ${task}: ${answerText(answer)}`
    case "health":
      return `asks ${target} whether it is ready: ${typeof answer === "string" ? answer : "no answer"}`
    case "event": {
      const note = Json.fromUnknown(sent)
      return `notes ${textOf(Json.at(note, "reason"))}: ${textOf(Json.at(note, "message"))}`
    }
  }
}

const taskText = (id: string, tasks: ReadonlyMap<string, string>): string => {
  const type = tasks.get(id)
  return type === undefined ? `task ${short(id)}` : `${type} (${short(id)})`
}

const answerText = (answer: unknown): string => {
  if (answer === undefined) return "unknown there"
  const json = Json.fromUnknown(answer)
  const run = Json.at(json, "run")
  return `${textOf(Json.at(json, "_tag")) || "answered"}${run === undefined ? "" : `, run ${run}`}`
}

const ended = ({ isLost, result }: Call): string => {
  if (isLost === true) return result === "ok" ? "; it took effect and its answer is lost" : `; ${result}, not told`
  return result === "ok" ? "" : `; ${result}`
}
