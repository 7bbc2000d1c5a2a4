/** Rewords every message of a reconciler: waits, failures, conditions and reasons for people. */
import { ObjectMeta, type Reconciler, type Requeue, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

type Json = ObjectMeta.JsonObject[string]

const MARK = "reworded "

/** Other words for a text, the same for the same text. A reworded text stays as it is. */
const text = (words: string): string => {
  if (words.startsWith(MARK)) return words
  const sum = [...words].reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7)
  return `${MARK}${sum}`
}

const wait = (waitFor: Requeue.WaitFor): Requeue.WaitFor => ({
  ...waitFor,
  message: text(waitFor.message),
  ...(waitFor.detail === undefined ? {} : { detail: text(waitFor.detail) })
})

const requeue = (each: Requeue.Requeue): Requeue.Requeue => ("wait" in each ? { ...each, wait: wait(each.wait) } : each)

const messages = <A extends { readonly message: string }>(list: ReadonlyArray<A>): ReadonlyArray<A> =>
  list.map((each) => ({ ...each, message: text(each.message) }))

const progress = (each: Task.Progress): Task.Progress =>
  each._tag === "Done"
    ? Task.doneWith(each.statusPatch, messages(each.conditions))
    : Task.waiting(wait(each.wait), messages(each.conditions))

const attempt = <R>(effect: Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R>) =>
  effect.pipe(
    Effect.map(progress),
    Effect.mapError((error) =>
      error._tag === "TaskDeferred"
        ? new Task.TaskDeferred({ ...error, message: text(error.message), detail: text(error.detail) })
        : new Task.TaskImpossible({
            reason: error.reason,
            message: text(error.message),
            conditions: messages(error.conditions ?? [])
          })
    )
  )

const task = <O, R>(each: Task.Task<O, R>): Task.Task<O, R> =>
  each._tag === "Local"
    ? { ...each, perform: (observation, planned) => attempt(each.perform(observation, planned)) }
    : {
        ...each,
        unreachableForever: (observation) => {
          const message = each.unreachableForever(observation)
          return message === undefined ? undefined : text(message)
        }
      }

/** The fields of a status that hold texts for people. */
const TEXTS: ReadonlySet<string> = new Set(["message", "error", "detail"])

const status = (value: Json, field = ""): Json => {
  if (typeof value === "string") return TEXTS.has(field) ? text(value) : value
  if (Array.isArray(value)) return value.map((item: Json) => status(item))
  if (!ObjectMeta.isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, status(inner, name)]))
}

export const reword = <O, RO, R>(reconciler: Reconciler.Reconciler<O, RO, R>): Reconciler.Reconciler<O, RO, R> => ({
  ...reconciler,
  decide: (observation) =>
    Result.map(reconciler.decide(observation), (decision) =>
      decision._tag === "Wait"
        ? { ...decision, requeue: requeue(decision.requeue) }
        : { ...decision, template: { ...decision.template, reason: text(decision.template.reason) } }
    ),
  supersede: (observation, plan) => {
    const supersession = reconciler.supersede(observation, plan)
    return supersession._tag === "Hold" ? { ...supersession, reason: text(supersession.reason) } : supersession
  },
  buildStatus: (observation, built) => {
    const reworded = status(reconciler.buildStatus(observation, built))
    return ObjectMeta.isJsonObject(reworded) ? reworded : built
  },
  cleanup: (object) => attempt(reconciler.cleanup(object)),
  tasks: Object.fromEntries(Object.entries(reconciler.tasks).map(([type, each]) => [type, task(each)]))
})
