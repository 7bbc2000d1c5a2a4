/**
 * The kinds to check: those of --crd, those of --plan, or else every kind that has an object with a plan in the log.
 */

import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import { ObjectMeta } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import { firstLine } from "../../ErrorMessage.ts"
import * as PlanKind from "../../invariants/PlanKind.ts"
import { type Arguments, BadInput } from "./Arguments.ts"

/** The text of a file with definitions. */
export interface Manifest {
  readonly file: string
  readonly text: string
}

type Found = Result.Result<ReadonlyArray<ObjectMeta.ObjectKind>, BadInput>

/** The kinds with the paths of their plans. The intents apply to every kind. */
export const find = (
  entries: ReadonlyArray<AuditEntry>,
  manifests: ReadonlyArray<Manifest>,
  { intents, plans }: Pick<Arguments, "intents" | "plans">
): Result.Result<ReadonlyArray<PlanKind.PlanKind>, BadInput> =>
  Result.gen(function* () {
    const defined: Array<ObjectMeta.ObjectKind> = []
    for (const manifest of manifests) defined.push(...(yield* definedIn(manifest)))
    for (const name of plans.keys()) {
      if (defined.every((kind) => nameOf(kind) !== name)) defined.push(yield* kindOfResource(entries, name))
    }
    const kinds = defined.length > 0 ? defined : yield* kindsWithPlans(entries)
    const planKinds: Array<PlanKind.PlanKind> = []
    for (const kind of kinds) {
      const plan = plans.get(nameOf(kind))
      const parsed = PlanKind.parse(kind, { intents, ...(plan === undefined ? {} : { plan }) })
      planKinds.push(yield* Result.mapError(parsed, ({ message }) => new BadInput({ message: `--plan: ${message}` })))
    }
    return planKinds
  })

/** `widgets.example.dev`: the name of a resource, and of its CustomResourceDefinition. */
const nameOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string => {
  const { group } = parseApiVersion(apiVersion)
  return group === "" ? plural : `${plural}.${group}`
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
  const invalid = documents.find(({ errors }) => errors.length > 0)?.errors[0]
  if (invalid !== undefined) return bad(`--crd "${file}": not YAML: ${firstLine(invalid)}`)
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
    : bad(`--crd "${file}": contains no CustomResourceDefinition of apiextensions.k8s.io/v1`)
}

/** The kind of a resource, from an object in the log. */
const kindOfResource = (
  entries: ReadonlyArray<AuditEntry>,
  name: string
): Result.Result<ObjectMeta.ObjectKind, BadInput> => {
  const found = entries.filter((entry) => resourceNameOf(entry) === name)
  const kind = found.map(kindIn).find((candidate) => candidate !== undefined)
  if (kind !== undefined) return Result.succeed(kind)
  return bad(
    found.length === 0
      ? `--plan "${name}": the log contains no request for this resource; use the form widgets.example.dev=.status.plan`
      : `--plan "${name}": the log contains no object of this resource; add its definition with --crd`
  )
}

const resourceNameOf = ({ group, resource }: AuditEntry): string =>
  [resource.split("/")[0], group].filter((part) => part !== "").join(".")

/** The kind of the object in a response. */
const kindIn = ({ namespace, resource, responseBody }: AuditEntry): ObjectMeta.ObjectKind | undefined => {
  if (!ObjectMeta.isKubernetesObject(responseBody)) return undefined
  const [plural = ""] = resource.split("/")
  const { apiVersion, kind } = responseBody
  return { apiVersion, kind, plural, scope: namespace === "" ? "Cluster" : "Namespaced" }
}

const kindsWithPlans = (entries: ReadonlyArray<AuditEntry>): Found => {
  const kinds = new Map<string, ObjectMeta.ObjectKind>()
  for (const entry of entries) {
    const name = resourceNameOf(entry)
    if (kinds.has(name) || !ObjectMeta.isKubernetesObject(entry.responseBody)) continue
    const status = ObjectMeta.statusOf(entry.responseBody)
    const kind = PlanKind.findPlan(status.plan, "") === "" ? kindIn(entry) : undefined
    if (kind !== undefined) kinds.set(name, kind)
  }
  if (kinds.size > 0) return Result.succeed([...kinds.values()])
  return bad(
    entries.some(({ responseBody }) => responseBody !== undefined)
      ? "no object in the log has a plan at .status.plan; name the kind with --crd or --plan"
      : "the log contains no objects; set the level RequestResponse in the audit policy for the controller's writes"
  )
}
