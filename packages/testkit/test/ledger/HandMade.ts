/** Ledgers made by hand: each call says only what it is about. */
import { MergePatch, ObjectMeta } from "@portolan/planner"
import { Invariants, type Ledger } from "../../src/index.ts"

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

export const turn = (number: number, seen: string) => ({ key, number, seen: version(seen) })

const statusOf = (object: ObjectMeta.KubernetesObject | undefined) => (object ? ObjectMeta.statusOf(object) : {})

/** A ledger: each call says only what it is about. */
export const ledger = (
  ...calls: ReadonlyArray<Partial<Ledger.Call> & Pick<Ledger.Call, "verb">>
): ReadonlyArray<Ledger.Call> =>
  calls.map((call, index) => ({
    index,
    at: 0,
    target: "Widget default/w",
    turn: turn(1, "1"),
    process: "p",
    sent: MergePatch.diff(statusOf(call.before), statusOf(call.after)),
    result: "ok",
    ...call
  }))

export const broken = (calls: ReadonlyArray<Ledger.Call>) => [...new Set(Invariants.check(calls).map(({ law }) => law))]
