/**
 * Areas about the wire: bodies that are no JSON, content types, paths and parameters that do not exist, other forms.
 */
import * as Kinds from "./Kinds.ts"
import { edited } from "./Script.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { every } from "./Writes.ts"

const bodies = [
  "{",
  "",
  "null",
  "[]",
  '"text"',
  "{}",
  '{"kind": }',
  "not json",
  '{"a": 1} trailing',
  "\u0000",
  "[1,",
  "12"
]

export const badBodies: Write = (script, chance) => {
  const { kind, make } = chance.pick(every)
  script.create(kind, make("a"))
  for (const text of chance.some(bodies, 3)) script.ask({ method: "POST", path: script.path(kind), text })
  for (const text of chance.some(bodies, 2)) script.ask({ method: "PUT", path: script.path(kind, "a"), text })
  for (const format of ["json-patch+json", "merge-patch+json", "apply-patch+yaml"]) {
    const query: { readonly [name: string]: string } = format === "apply-patch+yaml" ? { fieldManager: "m" } : {}
    const contentType = `application/${format}`
    script.ask({ method: "PATCH", path: script.path(kind, "a"), query, contentType, text: chance.pick(bodies) })
  }
  script.ask({ method: "DELETE", path: script.path(kind, "a"), text: chance.pick(bodies) })
}

const types = [
  "application/json",
  "application/yaml",
  "application/xml",
  "text/plain",
  "application/json; charset=utf-8",
  "application/vnd.kubernetes.protobuf",
  "application/json-patch+json",
  "application/strategic-merge-patch+json",
  "nonsense",
  ""
]

export const contentTypes: Write = (script, chance) => {
  const { kind, make } = chance.pick(every)
  for (const contentType of chance.some(types, 3)) {
    script.ask({ method: "POST", path: script.path(kind), contentType, body: make("a") })
  }
  script.create(kind, make("a"))
  for (const contentType of chance.some(types, 3)) {
    script.ask({
      method: "PATCH",
      path: script.path(kind, "a"),
      contentType,
      body: { metadata: { labels: { a: "b" } } }
    })
  }
  script.ask({ method: "PUT", path: script.path(kind, "a"), contentType: chance.pick(types), body: make("a") })
  script.ask({ method: "DELETE", path: script.path(kind, "a"), contentType: chance.pick(types), body: {} })
}

const accepts = [
  "application/json",
  "*/*",
  "application/xml",
  "text/html",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=Strange;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v9;g=meta.k8s.io",
  "application/json;q=0.5"
]

export const forms: Write = (script, chance) => {
  const { kind, make } = chance.pick([Kinds.widget, Kinds.gizmo, Kinds.configMap, Workloads.service, Kinds.lease])
  script.create(kind, make("a"))
  for (const accept of chance.some(accepts, 3)) script.ask({ method: "GET", path: script.path(kind, "a"), accept })
  for (const accept of chance.some(accepts, 3)) script.ask({ method: "GET", path: script.path(kind), accept })
  script.ask({ method: "DELETE", path: script.path(kind, "a"), accept: chance.pick(accepts) })
}

export const paths: Write = (script, chance) => {
  const { kind, make } = chance.pick([Kinds.widget, Kinds.configMap, Workloads.statefulSet])
  const here = script.path(kind)
  const all = [
    here.replace("v1", "v9"),
    here.replace(kind.plural, "things"),
    here.replace("example.dev", "example.org"),
    `${here}/`,
    `${here}/a/status/more`,
    `${here}/a/scale`,
    `/nothing/here`,
    `/api/v1/things`,
    `/apis/example.dev/v1/namespaces/${script.name}/widgets/a/finalizers`
  ]
  for (const path of chance.some(all, 3)) {
    script.ask({ method: chance.pick(["GET", "DELETE"] as const), path })
    script.ask({ method: "POST", path, body: make("a") })
  }
  script.ask({ method: "PUT", path: here, body: make("a") })
  script.ask({ method: "PATCH", path: here, contentType: "application/merge-patch+json", body: {} })
  script.ask({ method: "POST", path: `${here}/a`, body: make("a") })
  script.ask({ method: "POST", path: here.replace(`/namespaces/${script.name}`, ""), body: make("a") })
}

const odd: ReadonlyArray<{ readonly [name: string]: string }> = [
  { dryRun: "Some" },
  { dryRun: "" },
  { dryRun: "true" },
  { fieldValidation: "Sometimes" },
  { fieldValidation: "" },
  { fieldManager: "x".repeat(129) },
  { fieldManager: "x".repeat(128) },
  { fieldManager: "bad\u0001" },
  { fieldManager: "ünïcode" },
  { force: "true" },
  { force: "maybe" },
  { force: "false" },
  { unknown: "parameter" },
  { pretty: "true" },
  { limit: "5" },
  { timeout: "10s" },
  { timeout: "soon" }
]

export const parameters: Write = (script, chance) => {
  const { kind, make } = chance.pick(every)
  script.create(kind, make("a"), chance.pick(odd))
  script.create(kind, make("b"), chance.pick(odd))
  script.create(kind, make("c"))
  const label = { metadata: { labels: { a: "b" } } }
  script.patch(kind, "c", "merge", label, chance.pick(odd))
  script.patch(kind, "c", "json", [], chance.pick(odd))
  script.patch(kind, "c", "apply", edited(make("c")), { fieldManager: "m", ...chance.pick(odd) })
  script.update(kind, "c", make("c"), chance.pick(odd))
  script.get(kind, "c", chance.pick(odd))
  script.list(kind, chance.pick(odd))
  script.delete(kind, "c", {}, chance.pick(odd))
}
