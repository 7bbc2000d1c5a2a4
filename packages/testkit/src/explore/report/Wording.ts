/** Times and calls as text. */

import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import { textOf } from "@portolan/cluster-emulator/apiserver/Json"
import * as History from "../../invariants/History.ts"
import type { Call } from "../../services/CallLog.ts"
import { shortId } from "./Difference.ts"

/** `2:03.450` or `1:02:03.450`: minutes and seconds, with hours where there are any. */
export const time = (millis: number): string => {
  const [elapsed, sign] = [Math.abs(millis), millis < 0 ? "−" : ""]
  const [hours, minutes] = [Math.floor(elapsed / 3_600_000), Math.floor(elapsed / 60_000) % 60]
  const seconds = `${Math.floor(elapsed / 1000) % 60}`.padStart(2, "0")
  const fraction = `${elapsed % 1000}`.padStart(3, "0")
  return `${sign}${hours === 0 ? minutes : `${hours}:${`${minutes}`.padStart(2, "0")}`}:${seconds}.${fraction}`
}

/** A call and its result. `taskTypes` has the type of each task by id. */
export const describeCall = (call: Call, taskTypes: ReadonlyMap<string, string>): string => {
  const version = call.before?.metadata.resourceVersion
  if (call.result === "conflict" && version !== undefined) {
    const what = call.verb === "patchStatus" ? "status write" : call.verb
    return `conflict: ${what} of ${call.target} rejected, the stored version is @${version}`
  }
  return `${request(call, taskTypes)}${failure(call)}`
}

const request = (call: Call, taskTypes: ReadonlyMap<string, string>): string => {
  const { answer, before, sent, target, verb } = call
  const on = before === undefined ? "" : ` on @${before.metadata.resourceVersion}`
  const task = describeTask(History.taskIdOf(call), taskTypes)
  switch (verb) {
    case "patchStatus":
      return `writes status of ${target}${on}`
    case "setFinalizers":
      return `sets finalizers of ${target}${on}`
    case "removeFinalizer":
      return `removes its finalizer from ${target}`
    case "create":
      return `creates ${target}`
    case "apply":
      return `applies ${target}`
    case "delete":
      return `deletes ${target}${before === undefined ? ": not found" : ""}`
    case "get":
      return `gets ${target}`
    case "list":
      return `lists ${target}`
    case "submit":
      return `submits ${task} to ${target}`
    case "poll":
      return `polls ${task} at ${target}: ${taskStatus(answer)}`
    case "health":
      return `checks health of ${target}: ${typeof answer === "string" ? answer : "no response"}`
    case "event": {
      const event = Json.fromUnknown(sent)
      return `records event ${textOf(Json.at(event, "reason"))}: ${textOf(Json.at(event, "message"))}`
    }
  }
}

const describeTask = (id: string, taskTypes: ReadonlyMap<string, string>): string => {
  const type = taskTypes.get(id)
  return type === undefined ? `task ${shortId(id)}` : `${type} (${shortId(id)})`
}

const taskStatus = (answer: unknown): string => {
  if (answer === undefined) return "unknown task"
  const json = Json.fromUnknown(answer)
  const run = Json.at(json, "run")
  return `${textOf(Json.at(json, "_tag")) || "answered"}${run === undefined ? "" : `, run ${run}`}`
}

const failure = ({ isLost, result }: Call): string => {
  if (isLost === true) return `; ${result === "ok" ? "it took effect" : result}, the response was lost`
  return result === "ok" ? "" : `; ${result}`
}
