/** Areas about schemas: defaults, pruning, validation rules, ratcheting, CRDs, field validation, dry runs. */

import * as Kinds from "./Kinds.ts"
import type { Json, JsonObject } from "./Scenario.ts"
import type { Edit } from "./Script.ts"
import { bodyOf, edited } from "./Script.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Write } from "./Writes.ts"
import { allSamples, customSamples } from "./Writes.ts"

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

export const defaults: Write = (script, random) => {
  const { kind, make } = random.pick([Kinds.widget, Kinds.oldWidget])
  for (const name of ["a", "b", "c"]) script.create(kind, edited(make(name), ...random.subset(partial, 2)))
  script.patch(kind, "a", "merge", edited({}, random.pick(partial.filter(([, value]) => value !== undefined))))
  script.patch(kind, "a", "apply", edited(make("a"), random.pick(partial)), { fieldManager: "m", force: "true" })
  script.update(kind, "a", edited(make("a"), random.pick(partial)))
  script.get(random.pick([Kinds.widget, Kinds.oldWidget]).kind, "a")
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

export const pruning: Write = (script, random) => {
  const { kind, make } = random.pick([Kinds.widget, Kinds.gizmo, Kinds.gizmo, Kinds.gauge])
  for (const name of ["a", "b"]) script.create(kind, edited(make(name), ...random.subset(unknown, 2)))
  script.create(kind, edited(make("c"), random.pick(unknown)), { fieldValidation: "Strict" })
  script.create(kind, edited(make("d"), random.pick(unknown)), { fieldValidation: "Ignore" })
  script.create(kind, make("e"))
  script.patch(kind, "e", "merge", edited({}, random.pick(unknown)))
  script.patch(kind, "e", "apply", edited(make("e"), random.pick(unknown)), { fieldManager: "m", force: "true" })
  script.patch(kind, "e", "json", [{ op: "add", path: "/spec/unknown", value: 1 }])
  script.update(kind, "e", edited(make("e"), random.pick(unknown)))
  script.get(kind, "e")
}

export const fieldValidation: Write = (script, random) => {
  const { kind, make } = random.pick(allSamples)
  const level = () => ({ fieldValidation: random.pick(["Strict", "Warn", "Ignore"]) })
  const wrong = (): Edit => random.pick(unknown)
  script.create(kind, edited(make("a"), wrong()), level())
  script.create(kind, make("b"), level())
  script.update(kind, "b", edited(make("b"), wrong()), level())
  script.patch(kind, "b", "merge", edited({}, wrong()), level())
  script.patch(kind, "b", "json", [{ op: "add", path: "/unknown", value: 1 }], level())
  script.patch(kind, "b", "apply", edited(make("b"), wrong()), { fieldManager: "m", force: "true", ...level() })
  const text = JSON.stringify(make("c"))
  const duplicateFields = random.pick([
    text.replace(/^\{/u, '{"kind":"Twice",'),
    text.replace('"metadata":{', '"metadata":{"name":"twice",'),
    text.replace('"spec":{', '"spec":{"size":1,"size":2,')
  ])
  script.request({ method: "POST", path: script.path(kind), query: level(), text: duplicateFields })
}

export const cel: Write = (script, random) => {
  const { changes, kind, make, mistakes } = Kinds.gauge
  const pick = (): Edit => random.pick(mistakes)
  script.create(kind, edited(make("a"), ...random.subset(mistakes, 2)))
  script.create(kind, edited(make("reserved"), pick()))
  const mode: Edit = ["spec|mode", "slow"]
  script.create(kind, edited(make("b"), random.pick(changes), ...(random.chance(50) ? [mode] : [])))
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
  for (const spec of random.subset(edits, 5)) script.patch(kind, "b", "merge", { spec })
  script.patch(kind, "b", "json", [{ op: "add", path: "/spec/high", value: random.below(4) }])
  script.patch(kind, "b", "apply", edited(make("b"), pick()), { fieldManager: "m", force: "true" })
  script.patch(kind, "b/status", "merge", { status: { level: random.pick([3, 30]) } })
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

export const definitions: Write = (script, random) => {
  const base = definition(`${script.name}s`, loose("status"))
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  for (const edit of random.subset(definitionEdits, 7)) {
    script.request({ method: "POST", path, query: { dryRun: "All" }, body: edited(base, edit) })
  }
  script.request({ method: "POST", path, query: { dryRun: "All" }, body: base })
}

export const dryRun: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { changes, kind, make, mistakes } = sample
  const dry = { dryRun: "All" }
  script.create(kind, edited(make("a"), random.pick(changes)), dry)
  script.get(kind, "a")
  script.create(kind, edited(make("a"), random.pick(mistakes)), dry)
  script.create(kind, make("a"))
  script.create(kind, make("a"), dry)
  const live = script.get(kind, "a")
  script.update(kind, "a", bodyOf(live), dry)
  script.patch(kind, "a", "merge", merged(random, changes), dry)
  script.patch(kind, "a", "json", [{ op: "add", path: "/metadata/labels", value: { a: "b" } }], dry)
  script.patch(kind, "a", "apply", edited(make("a"), random.pick(changes)), {
    fieldManager: "m",
    force: "true",
    ...dry
  })
  script.patch(kind, "z", "apply", make("z"), { fieldManager: "m", ...dry })
  if (kind.hasStatus) script.patch(kind, "a/status", "merge", edited({}, random.pick(sample.status)), dry)
  script.delete(kind, "a", random.pick<Json>([{}, { propagationPolicy: "Foreground" }]), dry)
  script.deleteAll(kind, dry)
  script.list(kind)
}

const merged = (random: SeededRandom, changes: ReadonlyArray<Edit>): JsonObject => {
  const [path, value] = random.pick(changes)
  return edited({}, [path, value ?? null])
}

/** Several invalid fields at once, with every verb. */
export const mistakes: Write = (script, random) => {
  const sample = random.pick(customSamples)
  const { kind, make } = sample
  const wrong = (count: number): JsonObject => edited(make("a"), ...random.subset(sample.mistakes, count))
  script.create(kind, wrong(3))
  script.create(kind, wrong(2))
  script.create(kind, make("a"))
  script.patch(kind, "a", "merge", edited({}, ...random.subset(nonEmpty(sample.mistakes), 2)))
  script.patch(kind, "a", "apply", wrong(1), { fieldManager: "m", force: "true" })
  script.update(kind, "a", wrong(2))
}

const nonEmpty = (edits: ReadonlyArray<Edit>): ReadonlyArray<Edit> => edits.filter(([, value]) => value !== undefined)
