/** Call logs written by hand for the tests of the checkers. Each call names only what its test is about. */
import { MergePatch, ObjectMeta } from "@portolan/planner"
import { type CallLog, Invariants } from "../../src/index.ts"

const widget: ObjectMeta.ObjectKind = {
  apiVersion: "example.dev/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}
const key = ObjectMeta.key(widget, "default", "w")
const version = (text: string) => ObjectMeta.ResourceVersion.make(text)

export const stored = (
  at: string,
  status: ObjectMeta.JsonObject,
  metadata: object = {}
): ObjectMeta.KubernetesObject => ({
  apiVersion: "example.dev/v1",
  kind: "Widget",
  metadata: {
    name: "w",
    namespace: "default",
    uid: "widget-uid",
    resourceVersion: version(at),
    generation: 1,
    ...metadata
  },
  status
})

export const plan = (
  more: ObjectMeta.JsonObject = {},
  ...tasks: ReadonlyArray<ObjectMeta.JsonObject>
): ObjectMeta.JsonObject => ({
  plan: {
    id: "p",
    phase: "Active",
    tasks: tasks.map((task) => ({ type: "a", id: "t", status: "Pending", ...task })),
    ...more
  }
})

export const pass = (number: number, observedVersion: string) => ({
  key,
  process: "1234abcd",
  number,
  observedVersion: version(observedVersion)
})

const statusOf = (object: ObjectMeta.KubernetesObject | undefined) => (object ? ObjectMeta.statusOf(object) : {})

/** A call log with defaults for what the calls leave out: one pass over `Widget default/w` that read version 1. */
export const callLog = (
  ...calls: ReadonlyArray<Partial<CallLog.Call> & Pick<CallLog.Call, "verb">>
): ReadonlyArray<CallLog.Call> =>
  calls.map((call, index) => ({
    index,
    at: 0,
    target: "Widget default/w",
    pass: pass(1, "1"),
    process: "p",
    sent: MergePatch.diff(statusOf(call.before), statusOf(call.after)),
    result: "ok",
    ...call
  }))

/** The names of the violated invariants. */
export const violated = (calls: ReadonlyArray<CallLog.Call>) => [
  ...new Set(Invariants.check(calls).map(({ invariant }) => invariant))
]
