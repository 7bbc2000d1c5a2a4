/**
 * The served kinds: built-in kinds, and custom kinds of stored CustomResourceDefinitions.
 */
import type { JsonObject } from "./Json.ts"
import { at, none, objectOf, objectsOf, stringsOf, textOf } from "./Json.ts"
import type { CompiledVersion } from "./schema/CustomResource.ts"
import { compile } from "./schema/CustomResource.ts"

/** One kind in one served version. */
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
  /** The kind has a status subresource. Other endpoints ignore `status`. */
  readonly hasStatus: boolean
  /** `metadata.generation` is set, and incremented when anything but metadata and status changes. */
  readonly hasGeneration: boolean
  /** An update without `resourceVersion` is allowed and overwrites the object. */
  readonly unconditionalUpdate: boolean
  /** An update of an object that does not exist creates it. */
  readonly createsOnUpdate: boolean
  /** A delete responds with the object instead of a `Status`. */
  readonly returnsDeleted: boolean
  /** The default propagation policy. `None`: propagation policies of requests are ignored. */
  readonly dependents: "Background" | "None" | "Orphan"
  /** The storage version, shared by all versions of a kind. */
  readonly storage: { readonly group: string; readonly version: string }
  /** Set for custom kinds. */
  readonly custom?: { readonly definition: JsonObject; readonly schema: CompiledVersion }
}

/** The key prefix of a kind in the storage. */
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
  traits: Partial<Omit<ServedKind, "kind" | "plural" | "group" | "version">> = {}
): ServedKind => ({
  ...defaults,
  ...parseApiVersion(apiVersion),
  plural,
  kind,
  singular: kind.toLowerCase(),
  listKind: `${kind}List`,
  storage: parseApiVersion(apiVersion),
  ...traits
})

const cluster = { scope: "Cluster" } as const
const status = { hasStatus: true } as const
const events = {
  shortNames: ["ev"],
  createsOnUpdate: true,
  dependents: "None",
  storage: { group: "", version: "v1" }
} as const

/** The built-in kinds. Except for events, the storage version is the served version. */
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

/** The kinds that one CustomResourceDefinition serves, one per served version. */
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

/** The mutable table of served kinds. Stored CustomResourceDefinitions install and uninstall custom kinds. */
export class Kinds {
  /** Kinds by plural. */
  readonly #served = new Map<string, ReadonlyArray<ServedKind>>()
  readonly #byKind = new Map<string, ServedKind>()

  constructor(served: ReadonlyArray<ServedKind> = builtIns) {
    for (const kind of served) this.#add(kind)
  }

  /** An independent copy. */
  copy(): Kinds {
    return new Kinds(this.all())
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#served.get(plural)?.find((kind) => kind.group === group && kind.version === version)
  }

  /** Finds a kind by the `apiVersion` and `kind` of an object or owner reference. */
  findByKind(apiVersion: string, kind: string): ServedKind | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }

  /** The kind in its storage version. */
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
