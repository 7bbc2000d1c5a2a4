/** Which kinds a log is checked for: those of definitions, those that were named, or those that show a plan. */

import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import { ObjectMeta } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import * as PlanKind from "../../invariants/PlanKind.ts"
import { type Arguments, BadInput } from "./Arguments.ts"

/** A definition's text, and the file that it comes from. */
export interface Manifest {
  readonly file: string
  readonly text: string
}

type Found = Result.Result<ReadonlyArray<ObjectMeta.ObjectKind>, BadInput>

/** Described kinds; the intents are everybody's. */
export const find = (
  entries: ReadonlyArray<AuditEntry>,
  manifests: ReadonlyArray<Manifest>,
  { intents, plans }: Pick<Arguments, "intents" | "plans">
): Result.Result<ReadonlyArray<PlanKind.PlanKind>, BadInput> =>
  Result.gen(function* () {
    const defined: Array<ObjectMeta.ObjectKind> = []
    for (const manifest of manifests) defined.push(...(yield* definedIn(manifest)))
    for (const name of plans.keys()) {
      if (defined.every((kind) => nameOf(kind) !== name)) defined.push(yield* named(entries, name))
    }
    const kinds = defined.length > 0 ? defined : yield* showingPlans(entries)
    const described: Array<PlanKind.PlanKind> = []
    for (const kind of kinds) {
      const plan = plans.get(nameOf(kind))
      const parsed = PlanKind.parse(kind, { intents, ...(plan === undefined ? {} : { plan }) })
      described.push(yield* Result.mapError(parsed, ({ message }) => new BadInput({ message: `--plan: ${message}` })))
    }
    return described
  })

/** `widgets.example.dev`: how a resource is named on a command line, and its definition in a cluster. */
const nameOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string => {
  const [group, version] = apiVersion.split("/")
  return version === undefined ? plural : `${plural}.${group}`
}

const bad = (message: string) => Result.fail(new BadInput({ message }))

const Definition = Schema.Struct({
  kind: Schema.Literal("CustomResourceDefinition"),
  spec: Schema.Struct({
    group: Schema.String,
    scope: Schema.Literals(["Namespaced", "Cluster"]),
    names: Schema.Struct({ kind: Schema.String, plural: Schema.String }),
    versions: Schema.NonEmptyArray(Schema.Struct({ name: Schema.String }))
  })
})
const isDefinition = Schema.is(Definition)

const definedIn = ({ file, text }: Manifest): Found => {
  const documents = Yaml.parseAllDocuments(text)
  const torn = documents.find(({ errors }) => errors.length > 0)?.errors[0]
  if (torn !== undefined) return bad(`--crd ${file} is no YAML: ${torn.message.split("\n")[0]}`)
  const kinds = documents
    .map((document) => document.toJS())
    .filter(isDefinition)
    .map(({ spec: { group, names, scope, versions } }) => ({
      apiVersion: `${group}/${versions[0].name}`,
      kind: names.kind,
      plural: names.plural,
      scope
    }))
  return kinds.length > 0
    ? Result.succeed(kinds)
    : bad(`--crd ${file} holds no CustomResourceDefinition of apiextensions.k8s.io/v1`)
}

/** A kind as the log knows it. */
const named = (entries: ReadonlyArray<AuditEntry>, name: string): Result.Result<ObjectMeta.ObjectKind, BadInput> => {
  const found = entries.filter((entry) => resourceOf(entry) === name)
  const kind = found.map(kindIn).find((each) => each !== undefined)
  if (kind !== undefined) return Result.succeed(kind)
  return bad(
    found.length === 0
      ? `--plan ${name}: no request of the log is about such a resource; write it like widgets.example.dev`
      : `--plan ${name}: no request of the log shows such an object; name its definition with --crd`
  )
}

const resourceOf = ({ group, resource }: AuditEntry): string =>
  [resource.split("/")[0], group].filter((part) => part !== "").join(".")

/** The kind of the object that an entry shows. */
const kindIn = ({ namespace, resource, responseBody }: AuditEntry): ObjectMeta.ObjectKind | undefined => {
  if (!ObjectMeta.isKubernetesObject(responseBody)) return undefined
  const [plural = ""] = resource.split("/")
  const { apiVersion, kind } = responseBody
  return { apiVersion, kind, plural, scope: namespace === "" ? "Cluster" : "Namespaced" }
}

const showingPlans = (entries: ReadonlyArray<AuditEntry>): Found => {
  const kinds = new Map<string, ObjectMeta.ObjectKind>()
  for (const entry of entries) {
    const name = resourceOf(entry)
    if (kinds.has(name) || !ObjectMeta.isKubernetesObject(entry.responseBody)) continue
    const status = ObjectMeta.statusOf(entry.responseBody)
    const kind = PlanKind.findPlan(status.plan, "") === "" ? kindIn(entry) : undefined
    if (kind !== undefined) kinds.set(name, kind)
  }
  if (kinds.size > 0) return Result.succeed([...kinds.values()])
  return bad(
    entries.some(({ responseBody }) => responseBody !== undefined)
      ? "no object in the log shows a plan at .status.plan: name the kind with --crd or --plan widgets.example.dev=.status.plan"
      : "the log holds no bodies: have the audit policy write at level RequestResponse what the controller writes"
  )
}
