/**
 * Server-side apply by several managers, and who owns what afterwards.
 */
import type { Chance } from "./Chance.ts"
import type { Sample } from "./Kinds.ts"
import * as Kinds from "./Kinds.ts"
import type { Json, JsonObject } from "./Scenario.ts"
import type { Edit, Script } from "./Script.ts"
import { answer, edited, ref } from "./Script.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { every, metadata } from "./Writes.ts"

const apply = (script: Script, { kind }: Sample, body: Json, manager: string, more: JsonQuery = {}): number =>
  script.patch(kind, "a", "apply", body, { fieldManager: manager, ...more })

type JsonQuery = { readonly [name: string]: string }

const force = { force: "true" }

/** Two managers over the same object: sharing, conflicts, force, giving up fields. */
export const managers: Write = (script, chance) => {
  const sample = chance.pick([Kinds.widget, Kinds.widget, Kinds.gizmo, Kinds.gauge, ...every])
  const { changes, make } = sample
  const some = (count: number): ReadonlyArray<Edit> => chance.some(changes, count)
  apply(script, sample, edited(make("a"), ...some(2)), "one")
  apply(script, sample, edited(make("a"), ...some(2)), "two")
  apply(script, sample, edited(make("a"), ...some(2)), "two", force)
  apply(script, sample, edited(make("a"), ...some(1)), "one", chance.often(50) ? force : {})
  if (chance.often(50)) script.patch(sample.kind, "a", "merge", merged(chance, changes), { fieldManager: "three" })
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

const merged = (chance: Chance, changes: ReadonlyArray<Edit>): JsonObject => {
  const [path, value] = chance.pick(changes)
  return edited({}, [path, value ?? null])
}

/** Lists by key, sets and atomic values of custom kinds, shared and taken. */
export const lists: Write = (script, chance) => {
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
    const more = chance.often(35) ? force : {}
    apply(script, Kinds.widget, body(...chance.some(values, 3)), chance.pick(["one", "two"]), more)
  }
  script.get(kind, "a")
}

/** What an apply refuses, and what it does with fields that are not its own. */
export const refusals: Write = (script, chance) => {
  const sample = chance.pick(every)
  const { changes, kind, make, mistakes } = sample
  apply(script, sample, edited(make("a"), chance.pick(mistakes)), "one")
  const made = apply(script, sample, make("a"), "one")
  script.patch(kind, "a", "apply", make("a"))
  apply(script, sample, edited(make("a"), chance.pick(metadata)), "one")
  apply(script, sample, edited(make("a"), chance.pick(metadata)), "one", force)
  apply(script, sample, edited(make("a"), chance.pick(mistakes)), "one")
  apply(script, sample, edited(make("b"), chance.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|managedFields", [{ manager: "x" }]]), "one")
  apply(script, sample, edited(make("a"), ["metadata|resourceVersion", ref(made, "metadata.resourceVersion")]), "one")
  apply(script, sample, make("a"), chance.pick(["x".repeat(129), "bad\u0007name", "ünïcode", ""]))
  apply(script, sample, chance.pick([{}, [], null, "text", { apiVersion: kind.apiVersion }]), "one")
  script.get(kind, "a")
}

/** Applying, then updating, then applying again; status beside it. */
export const mixed: Write = (script, chance) => {
  const sample = chance.pick([Kinds.widget, Kinds.gauge, Workloads.statefulSet, Kinds.configMap, Workloads.pod])
  const { changes, kind, make, status } = sample
  apply(script, sample, make("a"), "one")
  const live = script.get(kind, "a")
  script.update(kind, "a", answer(live), { fieldManager: "two" })
  script.patch(kind, "a", "merge", merged(chance, changes), { fieldManager: "two" })
  script.patch(kind, "a", "json", [{ op: "add", path: "/metadata/labels", value: { by: "three" } }])
  if (kind.hasStatus) {
    const path = script.path(kind, "a", "status")
    const query = { fieldManager: chance.pick(["one", "four"]) }
    const body = edited(bare(sample), chance.pick(status), ["spec", { size: 9 }])
    const contentType = "application/apply-patch+yaml"
    script.ask({ method: "PATCH", path, query, contentType, body: edited(body, ["spec", undefined]) })
    if (chance.often(50)) script.ask({ method: "PATCH", path, query: { fieldManager: "five" }, contentType, body })
  }
  apply(script, sample, edited(make("a"), chance.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|labels", { by: "one" }]), "one")
  script.patch(kind, "a", "merge", { metadata: { managedFields: chance.pick([[], [{}]]) } })
  apply(script, sample, edited(make("a"), chance.pick(changes)), "one", force)
  script.get(kind, "a")
}

/** Deleted and made again: ownership starts anew. */
export const again: Write = (script, chance) => {
  const sample = chance.pick([Kinds.widget, Kinds.gizmo, Kinds.configMap, Kinds.lease])
  const { changes, kind, make } = sample
  const made = apply(script, sample, edited(make("a"), chance.pick(changes)), "one")
  apply(script, sample, edited(make("a"), ["metadata|uid", ref(made, "metadata.uid")]), "one")
  script.delete(kind, "a")
  apply(script, sample, edited(make("a"), ["metadata|uid", ref(made, "metadata.uid")]), "two")
  apply(script, sample, edited(make("a"), ["metadata|resourceVersion", ref(made, "metadata.resourceVersion")]), "two")
  apply(script, sample, make("a"), "two")
  apply(script, sample, make("a"), "two")
  script.get(kind, "a")
}
