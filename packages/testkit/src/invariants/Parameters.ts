/** INV-16: a stored task keeps its body, and an agent is asked for exactly that. */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { isClaimed, planOf, type Task, taskOf } from "./StoredStatus.ts"

export const submissionIsStoredTask: Invariant = {
  name: "INV-16",
  statement:
    "A submission is the stored task: the id, type and parameters of the version that claimed it. One id never has two bodies.",
  needs: ["passes", "submissions"],
  check: (calls) => {
    const submissions = calls.flatMap((call) => {
      const submission = submissionOf(call)
      return submission === undefined ? [] : [submission]
    })
    return [
      ...submissions.flatMap((submission) => notStored(calls, submission)),
      ...severalBodies(submissions),
      ...History.statusWrites(calls).flatMap(rewritten)
    ]
  }
}

interface Submission {
  readonly call: Call
  readonly id: string
  readonly type: string | undefined
  readonly params: Json.Json | undefined
}

const submissionOf = (call: Call): Submission | undefined => {
  if (call.verb !== "submit") return undefined
  const sent = Json.objectOf(Json.fromUnknown(call.sent))
  const type = Json.own(sent, "type")
  return {
    call,
    id: History.taskIdOf(call),
    type: typeof type === "string" ? type : undefined,
    params: Json.own(sent, "params")
  }
}

const report = ({ call, id }: Submission, problem: string, ...calls: ReadonlyArray<Call>): Violation =>
  violation("INV-16", `${call.target}: the submission of task ${id} ${problem}`, [...calls, call])

const notStored = (calls: ReadonlyArray<Call>, submission: Submission): ReadonlyArray<Violation> => {
  const { params, type } = submission
  const stored = storedTask(calls, submission.call)
  if (stored === "Unknown") return []
  if (stored === undefined) return [report(submission, "has no stored task of this id")]
  return [
    ...(type === undefined || type === stored.type
      ? []
      : [report(submission, `has type ${type}, stored is ${stored.type}`)]),
    ...(Json.equal(comparable(params), comparable(stored.params))
      ? []
      : [report(submission, `has parameters ${textOf(params)}, stored are ${textOf(stored.params)}`)])
  ]
}

/**
 * The task in the version that allows the submission: the one that the pass stored with the claim, or else the one that the
 * pass read, for a signal, which has no claim. `Unknown` when the log contains neither version.
 */
const storedTask = (calls: ReadonlyArray<Call>, { index, pass, sent, verb }: Call): Task | "Unknown" | undefined => {
  if (pass === undefined) return "Unknown"
  const id = History.taskIdOf({ sent, verb })
  const own = History.passes(calls).find(
    ({ calls: made, number }) => number === pass.number && made.some((call) => call.index === index)
  )
  const claim = own?.calls.find((call) => call.index < index && call.verb === "patchStatus" && call.result === "ok")
  const claimed = claim === undefined ? undefined : taskOf(claim.after, id)
  if (claimed !== undefined && isClaimed(claimed)) return claimed
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  return observed === undefined ? "Unknown" : taskOf(observed, id)
}

/**
 * Parameters without what a wire format may add or leave out: names are compared without case, because an agent spells them
 * in its own, and a zero value is the same as an absent one.
 */
const comparable = (params: Json.Json | undefined): Json.JsonObject =>
  Object.fromEntries(
    Object.entries(Json.objectOf(params))
      .filter(([, value]) => !isZero(value))
      .map(([name, value]): [string, Json.Json] => [name.toLowerCase(), value])
  )

const isZero = (value: Json.Json): boolean =>
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (Json.isArray(value) && value.length === 0) ||
  (Json.isObject(value) && Object.keys(value).length === 0)

/** An agent runs an id once: with a second body it would keep the first one, and nobody would know which. */
const severalBodies = (submissions: ReadonlyArray<Submission>): ReadonlyArray<Violation> =>
  [...Map.groupBy(submissions, ({ call, id }) => `${call.target} ${id}`).values()].flatMap(([first, ...others]) =>
    others.flatMap((other) =>
      first === undefined || (first.type === other.type && Json.equal(first.params, other.params))
        ? []
        : [
            report(
              other,
              `has the body ${textOf(other.params)} of type ${other.type}; an earlier one had ${textOf(first.params)} of type ${first.type}`,
              first.call
            )
          ]
    )
  )

/** A stored task keeps its body: a claim after the write would submit another one under the same id. */
const rewritten = (call: Call): ReadonlyArray<Violation> =>
  (planOf(call.before)?.tasks ?? []).flatMap((before) => {
    const after = taskOf(call.after, before.id)
    return after === undefined || (after.type === before.type && Json.equal(after.params, before.params))
      ? []
      : [
          violation(
            "INV-16",
            `${call.target}: stored task ${before.id} changed from ${bodyOf(before)} to ${bodyOf(after)}`,
            [call]
          )
        ]
  })

const bodyOf = ({ params, type }: Task): string => `${type} ${textOf(params)}`

const textOf = (params: Json.Json | undefined): string => JSON.stringify(params ?? null)
