/**
 * What the server serves: built-in kinds and the kinds that CustomResourceDefinitions declare.
 */
import type { JsonObject } from "./Json.ts"
import { at, none, objectOf, objectsOf, stringsOf, textOf } from "./Json.ts"
import type { CompiledVersion } from "./schema/CustomResource.ts"
import { compile } from "./schema/CustomResource.ts"

/** One kind in one version, as it is served. */
export interface ServedKind {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly shortNames: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  readonly scope: "Namespaced" | "Cluster"
  /** Status is written through its own subresource, and ignored everywhere else. */
  readonly hasStatus: boolean
  /** `metadata.generation` counts changes of what is wanted. */
  readonly hasGeneration: boolean
  /** An update may leave the version out, and then wins. */
  readonly unconditionalUpdate: boolean
  /** An update of an object that is missing makes it. */
  readonly createsOnUpdate: boolean
  /** Deleting answers with the object rather than with a `Status`. */
  readonly returnsDeleted: boolean
  /** What deleting does to dependents when the caller does not say; `None` whatever the caller says. */
  readonly dependents: "Background" | "None" | "Orphan"
  /** The group and version that objects are stored in; all versions of a kind share it. */
  readonly storage: { readonly group: string; readonly version: string }
  /** Set for a kind that a CustomResourceDefinition declares. */
  readonly custom?: { readonly definition: JsonObject; readonly schema: CompiledVersion }
}

/** Where objects of a kind are kept. */
export const storageOf = ({ plural, storage }: Pick<ServedKind, "plural" | "storage">): string =>
  `${storage.group}/${plural}`

/** `v1`, or `group/version`. */
export const apiVersionOf = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  group === "" ? version : `${group}/${version}`

/** `apps/v1` → group `apps`, version `v1`. */
export const parseApiVersion = (apiVersion: string): { readonly group: string; readonly version: string } => {
  const slash = apiVersion.indexOf("/")
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

const defaults = {
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  hasStatus: false,
  hasGeneration: false,
  unconditionalUpdate: true,
  createsOnUpdate: false,
  returnsDeleted: false,
  dependents: "Background"
} as const

const builtIn = (
  apiVersion: string,
  plural: string,
  kind: string,
  what: Partial<Omit<ServedKind, "kind" | "plural" | "group" | "version">> = {}
): ServedKind => ({
  ...defaults,
  ...parseApiVersion(apiVersion),
  plural,
  kind,
  singular: kind.toLowerCase(),
  listKind: `${kind}List`,
  storage: parseApiVersion(apiVersion),
  ...what
})

const cluster = { scope: "Cluster" } as const
const status = { hasStatus: true } as const
const events = {
  shortNames: ["ev"],
  createsOnUpdate: true,
  dependents: "None",
  storage: { group: "", version: "v1" }
} as const

/** Every built-in kind the server knows. Their stored form is their version here. */
export const builtIns: ReadonlyArray<ServedKind> = [
  builtIn("v1", "namespaces", "Namespace", { ...cluster, ...status, shortNames: ["ns"] }),
  builtIn("v1", "configmaps", "ConfigMap", { shortNames: ["cm"] }),
  builtIn("v1", "secrets", "Secret"),
  builtIn("v1", "services", "Service", {
    ...status,
    shortNames: ["svc"],
    categories: ["all"],
    createsOnUpdate: true,
    returnsDeleted: true
  }),
  builtIn("v1", "persistentvolumeclaims", "PersistentVolumeClaim", {
    ...status,
    shortNames: ["pvc"],
    returnsDeleted: true
  }),
  builtIn("v1", "persistentvolumes", "PersistentVolume", {
    ...cluster,
    ...status,
    shortNames: ["pv"],
    returnsDeleted: true
  }),
  builtIn("v1", "pods", "Pod", {
    ...status,
    shortNames: ["po"],
    categories: ["all"],
    returnsDeleted: true,
    hasGeneration: true
  }),
  builtIn("v1", "serviceaccounts", "ServiceAccount", { shortNames: ["sa"], returnsDeleted: true }),
  builtIn("v1", "events", "Event", events),
  builtIn("events.k8s.io/v1", "events", "Event", events),
  builtIn("apps/v1", "statefulsets", "StatefulSet", {
    ...status,
    shortNames: ["sts"],
    categories: ["all"],
    hasGeneration: true
  }),
  builtIn("apps/v1", "controllerrevisions", "ControllerRevision"),
  builtIn("batch/v1", "jobs", "Job", { ...status, categories: ["all"], hasGeneration: true, dependents: "Orphan" }),
  builtIn("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", {
    ...cluster,
    ...status,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    hasGeneration: true,
    unconditionalUpdate: false,
    returnsDeleted: true
  }),
  builtIn("coordination.k8s.io/v1", "leases", "Lease", { unconditionalUpdate: false, createsOnUpdate: true })
]

/** The kinds that one CustomResourceDefinition declares: one per served version. */
const servedBy = (definition: JsonObject): ReadonlyArray<ServedKind> => {
  const spec = objectOf(at(definition, "spec"))
  const names = objectOf(at(spec, "names"))
  const versions = objectsOf(at(spec, "versions"))
  const kind = textOf(names.kind)
  const singular = textOf(names.singular)
  const listKind = textOf(names.listKind)
  const stored = textOf(versions.find((version) => version.storage === true)?.name)
  return versions.flatMap((version): ReadonlyArray<ServedKind> => {
    if (version.served !== true) return []
    const name = textOf(version.name)
    const schema = compile(definition, name)
    return [
      {
        group: textOf(spec.group),
        version: name,
        plural: textOf(names.plural),
        kind,
        singular: singular === "" ? kind.toLowerCase() : singular,
        listKind: listKind === "" ? `${kind}List` : listKind,
        shortNames: stringsOf(names.shortNames),
        categories: stringsOf(names.categories),
        scope: spec.scope === "Cluster" ? "Cluster" : "Namespaced",
        hasStatus: schema.hasStatus,
        hasGeneration: true,
        unconditionalUpdate: false,
        createsOnUpdate: false,
        returnsDeleted: false,
        dependents: "Background",
        storage: { group: textOf(spec.group), version: stored },
        custom: { definition, schema }
      }
    ]
  })
}

/** The table of what is served now. Built-ins stay; the rest follows the stored CustomResourceDefinitions. */
export class Kinds {
  /** By plural, which few kinds share. */
  readonly #served = new Map<string, ReadonlyArray<ServedKind>>()
  readonly #byKind = new Map<string, ServedKind>()

  constructor(served: ReadonlyArray<ServedKind> = builtIns) {
    for (const kind of served) this.#add(kind)
  }

  /** The same table, which goes its own way from here. */
  copy(): Kinds {
    return new Kinds(this.all())
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#served.get(plural)?.find((kind) => kind.group === group && kind.version === version)
  }

  /** By what objects say of themselves, as owner references do. */
  findByKind(apiVersion: string, kind: string): ServedKind | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }

  /** The kind in the version its objects are stored in. */
  stored(kind: ServedKind): ServedKind {
    return this.find(kind.storage.group, kind.storage.version, kind.plural) ?? kind
  }

  all(): ReadonlyArray<ServedKind> {
    return [...this.#served.values()].flat()
  }

  install(definition: JsonObject): void {
    this.uninstall(definition)
    for (const kind of servedBy(definition)) this.#add(kind)
  }

  uninstall(definition: JsonObject): void {
    const spec = objectOf(definition.spec)
    const plural = textOf(objectOf(spec.names ?? none).plural)
    for (const kind of this.all()) {
      if (kind.custom !== undefined && kind.group === spec.group && kind.plural === plural) {
        this.#served.set(plural, this.#except(kind))
        this.#byKind.delete(`${apiVersionOf(kind)}/${kind.kind}`)
      }
    }
  }

  #except({ group, plural, version }: ServedKind): ReadonlyArray<ServedKind> {
    return (this.#served.get(plural) ?? []).filter((kind) => kind.group !== group || kind.version !== version)
  }

  #add(kind: ServedKind): void {
    this.#served.set(kind.plural, [...this.#except(kind), kind])
    this.#byKind.set(`${apiVersionOf(kind)}/${kind.kind}`, kind)
  }
}
