/** Areas about server-side apply by several managers and the ownership of fields. */

import type { Sample } from "./Kinds.ts"
import * as Kinds from "./Kinds.ts"
import type { Json, JsonObject } from "./Scenario.ts"
import type { Edit, Script } from "./Script.ts"
import { bodyOf, edited, ref } from "./Script.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { allSamples, metadata } from "./Writes.ts"

const apply = (script: Script, { kind }: Sample, body: Json, manager: string, extra: Query = {}): number =>
  script.patch(kind, "a", "apply", body, { fieldManager: manager, ...extra })

type Query = { readonly [name: string]: string }

const force = { force: "true" }

/** Two managers of the same object: shared fields, conflicts, force, removed fields. */
export const managers: Write = (script, random) => {
  const sample = random.pick([Kinds.widget, Kinds.widget, Kinds.gizmo, Kinds.gauge, ...allSamples])
  const { changes, make } = sample
  const some = (count: number): ReadonlyArray<Edit> => random.subset(changes, count)
  apply(script, sample, edited(make("a"), ...some(2)), "one")
  apply(script, sample, edited(make("a"), ...some(2)), "two")
  apply(script, sample, edited(make("a"), ...some(2)), "two", force)
  apply(script, sample, edited(make("a"), ...some(1)), "one", random.chance(50) ? force : {})
  if (random.chance(50)) script.patch(sample.kind, "a", "merge", merged(random, changes), { fieldManager: "three" })
  apply(script, sample, make("a"), "one")
  apply(script, sample, bare(sample), "two")
  apply(script, sample, edited(make("a"), ...some(3)), "one", force)
  script.get(sample.kind, "a")
}

const bare = ({ kind }: Sample): JsonObject => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: { name: "a" }
})

const merged = (random: SeededRandom, changes: ReadonlyArray<Edit>): JsonObject => {
  const [path, value] = random.pick(changes)
  return edited({}, [path, value ?? null])
}

/** Map lists, sets and atomic values of custom kinds with two managers. */
export const lists: Write = (script, random) => {
  const { kind } = Kinds.widget
  const body = (...edits: ReadonlyArray<Edit>): JsonObject => edited(bare(Kinds.widget), ["spec", {}], ...edits)
  const values: ReadonlyArray<Edit> = [
    ["spec|tags", ["a", "b"]],
    ["spec|tags", ["b", "c"]],
    ["spec|tags", []],
    ["spec|ports", [{ port: 80 }]],
    ["spec|ports", [{ port: 80, name: "http" }, { port: 81 }]],
    ["spec|ports", [{ port: 80, protocol: "UDP", name: "dns" }]],
    ["spec|parts", [{ name: "one", count: 2 }]],
    ["spec|parts", [{ name: "two" }, { name: "one", options: { a: "b" } }]],
    ["spec|parts", [{ name: "three" }, { name: "two", count: 5 }]],
    ["spec|words", ["a"]],
    ["spec|words", ["b", "c"]],
    ["spec|whole", { a: "1" }],
    ["spec|whole", { b: "2" }],
    ["spec|labels", { a: "1" }],
    ["spec|labels", { b: "2", a: "1" }],
    ["spec|labels", {}],
    ["spec|deep", { inner: { mode: "off" } }],
    ["spec|deep", {}],
    ["metadata|labels", { x: "1" }],
    ["metadata|finalizers", ["example.dev/a"]],
    ["metadata|finalizers", ["example.dev/b"]]
  ]
  for (let count = 0; count < 7; count++) {
    const query = random.chance(35) ? force : {}
    apply(script, Kinds.widget, body(...random.subset(values, 3)), random.pick(["one", "two"]), query)
  }
  script.get(kind, "a")
}

/** Rejected applies, and fields that an apply may not set. */
export const rejections: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { changes, kind, make, mistakes } = sample
  apply(script, sample, edited(make("a"), random.pick(mistakes)), "one")
  const created = apply(script, sample, make("a"), "one")
  script.patch(kind, "a", "apply", make("a"))
  apply(script, sample, edited(make("a"), random.pick(metadata)), "one")
  apply(script, sample, edited(make("a"), random.pick(metadata)), "one", force)
  apply(script, sample, edited(make("a"), random.pick(mistakes)), "one")
  apply(script, sample, edited(make("b"), random.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|managedFields", [{ manager: "x" }]]), "one")
  apply(
    script,
    sample,
    edited(make("a"), ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]),
    "one"
  )
  apply(script, sample, make("a"), random.pick(["x".repeat(129), "bad\u0007name", "ünïcode", ""]))
  apply(script, sample, random.pick([{}, [], null, "text", { apiVersion: kind.apiVersion }]), "one")
  script.get(kind, "a")
}

/** Apply, update and apply again, with status writes in between. */
export const mixed: Write = (script, random) => {
  const sample = random.pick([Kinds.widget, Kinds.gauge, Workloads.statefulSet, Kinds.configMap, Workloads.pod])
  const { changes, kind, make, status } = sample
  apply(script, sample, make("a"), "one")
  const live = script.get(kind, "a")
  script.update(kind, "a", bodyOf(live), { fieldManager: "two" })
  script.patch(kind, "a", "merge", merged(random, changes), { fieldManager: "two" })
  script.patch(kind, "a", "json", [{ op: "add", path: "/metadata/labels", value: { by: "three" } }])
  if (kind.hasStatus) {
    const path = script.path(kind, "a", "status")
    const query = { fieldManager: random.pick(["one", "four"]) }
    const body = edited(bare(sample), random.pick(status), ["spec", { size: 9 }])
    const contentType = "application/apply-patch+yaml"
    script.request({ method: "PATCH", path, query, contentType, body: edited(body, ["spec", undefined]) })
    if (random.chance(50)) script.request({ method: "PATCH", path, query: { fieldManager: "five" }, contentType, body })
  }
  apply(script, sample, edited(make("a"), random.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|labels", { by: "one" }]), "one")
  script.patch(kind, "a", "merge", { metadata: { managedFields: random.pick([[], [{}]]) } })
  apply(script, sample, edited(make("a"), random.pick(changes)), "one", force)
  script.get(kind, "a")
}

/** An object that is deleted and created again has new owners. */
export const recreated: Write = (script, random) => {
  const sample = random.pick([Kinds.widget, Kinds.gizmo, Kinds.configMap, Kinds.lease])
  const { changes, kind, make } = sample
  const created = apply(script, sample, edited(make("a"), random.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|uid", ref(created, "metadata.uid")]), "one")
  script.delete(kind, "a")
  apply(script, sample, edited(make("a"), ["metadata|uid", ref(created, "metadata.uid")]), "two")
  apply(
    script,
    sample,
    edited(make("a"), ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]),
    "two"
  )
  apply(script, sample, make("a"), "two")
  apply(script, sample, make("a"), "two")
  script.get(kind, "a")
}
