/**
 * Areas about schemas: defaults, pruning, rules, ratcheting, definitions, field validation, dry runs.
 */
import type { Chance } from "./Chance.ts"
import * as Kinds from "./Kinds.ts"
import type { Json, JsonObject } from "./Scenario.ts"
import type { Edit } from "./Script.ts"
import { answer, edited } from "./Script.ts"
import type { Write } from "./Writes.ts"
import { customs, every } from "./Writes.ts"

const partial: ReadonlyArray<Edit> = [
  ["spec|color", null],
  ["spec|color", undefined],
  ["spec|maybe", null],
  ["spec|maybeDefault", null],
  ["spec|deep", {}],
  ["spec|deep", null],
  ["spec|deep", { inner: null }],
  ["spec|deep", { inner: {} }],
  ["spec|deep", { level: null }],
  ["spec|optional", {}],
  ["spec|optional", null],
  ["spec|ports", [{ port: 1 }, { port: 2, protocol: null }]],
  ["spec|ports", null],
  ["spec|parts", [{ name: "a" }]],
  ["spec|parts", [{ name: "a", count: null }]],
  ["spec|parts", [null]],
  ["spec|labels", { a: null }],
  ["spec|limit", 5],
  ["spec|limit", null],
  ["spec|words", [null]],
  ["spec|size", 3.0],
  ["spec|ratio", 2],
  ["spec", {}]
]

export const defaults: Write = (script, chance) => {
  const { kind, make } = chance.pick([Kinds.widget, Kinds.oldWidget])
  for (const name of ["a", "b", "c"]) script.create(kind, edited(make(name), ...chance.some(partial, 2)))
  script.patch(kind, "a", "merge", edited({}, chance.pick(partial.filter(([, value]) => value !== undefined))))
  script.patch(kind, "a", "apply", edited(make("a"), chance.pick(partial)), { fieldManager: "m", force: "true" })
  script.update(kind, "a", edited(make("a"), chance.pick(partial)))
  script.get(chance.pick([Kinds.widget, Kinds.oldWidget]).kind, "a")
}

const unknown: ReadonlyArray<Edit> = [
  ["spec|unknown", 1],
  ["spec|deep|unknown", { a: 1 }],
  ["spec|deep|inner|unknown", []],
  ["spec|ports", [{ port: 1, unknown: "x" }]],
  ["spec|parts", [{ name: "x", unknown: {} }]],
  ["spec|whole", { a: "1", unknown: "x" }],
  ["spec|half", { known: 1, unknown: { deep: [1] } }],
  ["spec|free", { unknown: { deep: [{ a: null }] } }],
  ["spec|template", { apiVersion: "v1", kind: "Secret", metadata: { name: "x", unknown: 1 }, data: {} }],
  ["spec|template", { apiVersion: "v1", kind: "Secret", metadata: { labels: { a: 1 } } }],
  ["spec|list", [{ a: "x", unknown: 1 }]],
  ["status|unknown", 1],
  ["unknown", { a: 1 }],
  ["metadata|unknown", "x"]
]

export const pruning: Write = (script, chance) => {
  const { kind, make } = chance.pick([Kinds.widget, Kinds.gizmo, Kinds.gizmo, Kinds.gauge])
  for (const name of ["a", "b"]) script.create(kind, edited(make(name), ...chance.some(unknown, 2)))
  script.create(kind, edited(make("c"), chance.pick(unknown)), { fieldValidation: "Strict" })
  script.create(kind, edited(make("d"), chance.pick(unknown)), { fieldValidation: "Ignore" })
  script.create(kind, make("e"))
  script.patch(kind, "e", "merge", edited({}, chance.pick(unknown)))
  script.patch(kind, "e", "apply", edited(make("e"), chance.pick(unknown)), { fieldManager: "m", force: "true" })
  script.patch(kind, "e", "json", [{ op: "add", path: "/spec/unknown", value: 1 }])
  script.update(kind, "e", edited(make("e"), chance.pick(unknown)))
  script.get(kind, "e")
}

export const fieldValidation: Write = (script, chance) => {
  const { kind, make } = chance.pick(every)
  const level = () => ({ fieldValidation: chance.pick(["Strict", "Warn", "Ignore"]) })
  const wrong = (): Edit => chance.pick(unknown)
  script.create(kind, edited(make("a"), wrong()), level())
  script.create(kind, make("b"), level())
  script.update(kind, "b", edited(make("b"), wrong()), level())
  script.patch(kind, "b", "merge", edited({}, wrong()), level())
  script.patch(kind, "b", "json", [{ op: "add", path: "/unknown", value: 1 }], level())
  script.patch(kind, "b", "apply", edited(make("b"), wrong()), { fieldManager: "m", force: "true", ...level() })
  const whole = JSON.stringify(make("c"))
  const twice = chance.pick([
    whole.replace(/^\{/u, '{"kind":"Twice",'),
    whole.replace('"metadata":{', '"metadata":{"name":"twice",'),
    whole.replace('"spec":{', '"spec":{"size":1,"size":2,')
  ])
  script.ask({ method: "POST", path: script.path(kind), query: level(), text: twice })
}

export const cel: Write = (script, chance) => {
  const { changes, kind, make, mistakes } = Kinds.gauge
  const pick = (): Edit => chance.pick(mistakes)
  script.create(kind, edited(make("a"), ...chance.some(mistakes, 2)))
  script.create(kind, edited(make("reserved"), pick()))
  const mode: Edit = ["spec|mode", "slow"]
  script.create(kind, edited(make("b"), chance.pick(changes), ...(chance.often(50) ? [mode] : [])))
  const edits: ReadonlyArray<Json> = [
    { mode: "fast" },
    { mode: null },
    { size: 5 },
    { size: 4 },
    { size: 6, low: 99 },
    { once: "x" },
    { once: "y" },
    { once: null },
    { low: 9, high: 3 },
    { name: "nope" },
    { keyed: [{ key: "a", value: 1 }] },
    { keyed: [{ key: "a" }] },
    { keyed: [{ key: "b" }, { key: "a", value: 60 }] },
    { items: [{ key: "a", value: 13 }] },
    { amount: "500m" },
    { amount: "2" }
  ]
  for (const spec of chance.some(edits, 5)) script.patch(kind, "b", "merge", { spec })
  script.patch(kind, "b", "json", [{ op: "add", path: "/spec/high", value: chance.below(4) }])
  script.patch(kind, "b", "apply", edited(make("b"), pick()), { fieldManager: "m", force: "true" })
  script.patch(kind, "b/status", "merge", { status: { level: chance.pick([3, 30]) } })
  script.get(kind, "b")
}

const loose = (name: string): JsonObject => ({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        text: { type: "string" },
        count: { type: "integer" },
        list: { type: "array", items: { type: "object", properties: { a: { type: "integer" } } } },
        map: { type: "object", additionalProperties: { type: "string" } }
      }
    },
    [name]: { type: "object" }
  }
})

const definition = (plural: string, schema: Json): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.loose.dev` },
  spec: {
    group: "loose.dev",
    scope: "Namespaced",
    names: { plural, kind: `K${plural.replaceAll("-", "")}` },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }]
  }
})

const definitionEdits: ReadonlyArray<Edit> = [
  ["spec|scope", "Somewhere"],
  ["spec|group", "other.dev"],
  ["spec|names|kind", "lower"],
  ["spec|names|plural", "Upper"],
  ["spec|versions", []],
  ["spec|versions|0|storage", false],
  ["spec|versions|0|schema", undefined],
  ["spec|versions|0|name", "Bad"],
  ["spec|versions|0|subresources", { status: {} }],
  ["spec|versions|0|schema|openAPIV3Schema|type", undefined],
  ["spec|versions|0|schema|openAPIV3Schema|type", "array"],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|text|type", "stringy"],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|text|default", 5],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|text|default", "fine"],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|text|pattern", "("],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|list|x-kubernetes-list-type", "map"],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|properties|list|x-kubernetes-list-type", "sideways"],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|x-kubernetes-validations", [{ rule: "self.text ==" }]],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|x-kubernetes-validations", [{ rule: "self.nope == 1" }]],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|x-kubernetes-validations", [{ rule: "self.count" }]],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|x-kubernetes-validations", [{ rule: "" }]],
  ["spec|versions|0|schema|openAPIV3Schema|properties|spec|x-kubernetes-validations", [{ rule: "self.count > 1" }]],
  [
    "spec|versions|0|schema|openAPIV3Schema|properties|metadata",
    { type: "object", properties: { uid: { type: "string" } } }
  ],
  ["spec|versions|0|selectableFields", [{ jsonPath: ".spec.nope" }]],
  ["spec|versions|0|additionalPrinterColumns", [{ name: "A", type: "odd", jsonPath: ".a" }]],
  ["spec|preserveUnknownFields", true],
  ["metadata|name", "wrong.name"]
]

export const definitions: Write = (script, chance) => {
  const base = definition(`${script.name}s`, loose("status"))
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  for (const edit of chance.some(definitionEdits, 7)) {
    script.ask({ method: "POST", path, query: { dryRun: "All" }, body: edited(base, edit) })
  }
  script.ask({ method: "POST", path, query: { dryRun: "All" }, body: base })
}

export const dryRun: Write = (script, chance) => {
  const sample = chance.pick(every)
  const { changes, kind, make, mistakes } = sample
  const dry = { dryRun: "All" }
  script.create(kind, edited(make("a"), chance.pick(changes)), dry)
  script.get(kind, "a")
  script.create(kind, edited(make("a"), chance.pick(mistakes)), dry)
  script.create(kind, make("a"))
  script.create(kind, make("a"), dry)
  const live = script.get(kind, "a")
  script.update(kind, "a", answer(live), dry)
  script.patch(kind, "a", "merge", merged(chance, changes), dry)
  script.patch(kind, "a", "json", [{ op: "add", path: "/metadata/labels", value: { a: "b" } }], dry)
  script.patch(kind, "a", "apply", edited(make("a"), chance.pick(changes)), {
    fieldManager: "m",
    force: "true",
    ...dry
  })
  script.patch(kind, "z", "apply", make("z"), { fieldManager: "m", ...dry })
  if (kind.hasStatus) script.patch(kind, "a/status", "merge", edited({}, chance.pick(sample.status)), dry)
  script.delete(kind, "a", chance.pick<Json>([{}, { propagationPolicy: "Foreground" }]), dry)
  script.deleteAll(kind, dry)
  script.list(kind)
}

const merged = (chance: Chance, changes: ReadonlyArray<Edit>): JsonObject => {
  const [path, value] = chance.pick(changes)
  return edited({}, [path, value ?? null])
}

/** Several mistakes of one object at once, over every verb. */
export const mistakes: Write = (script, chance) => {
  const sample = chance.pick(customs)
  const { kind, make } = sample
  const wrong = (count: number): JsonObject => edited(make("a"), ...chance.some(sample.mistakes, count))
  script.create(kind, wrong(3))
  script.create(kind, wrong(2))
  script.create(kind, make("a"))
  script.patch(kind, "a", "merge", edited({}, ...chance.some(nonEmpty(sample.mistakes), 2)))
  script.patch(kind, "a", "apply", wrong(1), { fieldManager: "m", force: "true" })
  script.update(kind, "a", wrong(2))
}

const nonEmpty = (edits: ReadonlyArray<Edit>): ReadonlyArray<Edit> => edits.filter(([, value]) => value !== undefined)
