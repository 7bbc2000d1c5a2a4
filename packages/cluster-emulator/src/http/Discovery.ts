/** Discovery: the groups, versions and resources that are served, with their verbs. */
import type { JsonObject } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import { apiVersionOf } from "../apiserver/Kinds.ts"

type KindsServed = ReadonlyArray<ServedKind>

export const aggregatedMediaType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

/** The Kubernetes version that the emulator follows. */
export const version: JsonObject = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+portolan",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "cluster-emulator"
}

/** `/api`. */
export const coreVersions = (host: string): JsonObject => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: host }]
})

/** `/apis`. */
export const groups = (kinds: KindsServed): JsonObject => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: namedGroups(kinds).map((name) => groupOf(kinds, name))
})

/** `/apis/<group>`; `undefined` when there is no such group. */
export const group = (kinds: KindsServed, name: string): JsonObject | undefined =>
  versionsOf(kinds, name).length === 0 ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupOf(kinds, name) }

/** `/api/v1` and `/apis/<group>/<version>`; `undefined` when nothing is served there. */
export const resources = (kinds: KindsServed, group: string, version: string): JsonObject | undefined => {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version)
  if (served.length === 0) return undefined
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(resourcesOf)
  }
}

/** Aggregated discovery: of the core group, or of all other groups. */
export const aggregated = (kinds: KindsServed, isCore: boolean): JsonObject => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  metadata: {},
  items: (isCore ? [""] : namedGroups(kinds)).map((name) => ({
    metadata: name === "" ? {} : { name },
    versions: versionsOf(kinds, name).map((version) => ({
      version,
      resources: kinds.filter((kind) => kind.group === name && kind.version === version).map(aggregatedOf),
      freshness: "Current"
    }))
  }))
})

/** The versions of a group, preferred version first: stable before beta before alpha, newer before older. */
const versionsOf = (kinds: KindsServed, group: string): ReadonlyArray<string> => {
  const versions = new Set(kinds.filter((kind) => kind.group === group).map(({ version }) => version))
  return [...versions].sort((left, right) => rankOf(right) - rankOf(left) || (left < right ? -1 : 1))
}

/** All groups except the core group, in the order of their first kind. */
const namedGroups = (kinds: KindsServed): ReadonlyArray<string> => [
  ...new Set(kinds.map(({ group }) => group).filter((name) => name !== ""))
]

const stages = ["alpha", "beta", undefined]

/** Versions that do not have the form `v1beta2` come last. */
const rankOf = (version: string): number => {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/u.exec(version)
  if (match === null) return -1
  const [, major, stage, minor = "0"] = match
  return stages.indexOf(stage) * 1e8 + Number(major) * 1e4 + Number(minor)
}

const groupOf = (kinds: KindsServed, name: string): JsonObject => {
  const versions = versionsOf(kinds, name).map((version) => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version
  }))
  const [preferredVersion] = versions
  return { name, versions, ...(preferredVersion === undefined ? {} : { preferredVersion }) }
}

const all = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
const ofStatus = ["get", "patch", "update"]

const verbsOf = (kind: ServedKind): ReadonlyArray<string> =>
  kind.group === "" && kind.kind === "Namespace" ? all.filter((verb) => verb !== "deletecollection") : all

const namesOf = ({ categories, shortNames }: ServedKind): JsonObject => ({
  ...(shortNames.length === 0 ? {} : { shortNames }),
  ...(categories.length === 0 ? {} : { categories })
})

const resourcesOf = (kind: ServedKind): ReadonlyArray<JsonObject> => {
  const namespaced = kind.scope === "Namespaced"
  const itself: JsonObject = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...namesOf(kind)
  }
  const status = { name: `${kind.plural}/status`, singularName: "", namespaced, kind: kind.kind, verbs: ofStatus }
  return kind.hasStatus ? [itself, status] : [itself]
}

const aggregatedOf = (kind: ServedKind): JsonObject => {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind }
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...namesOf(kind),
    ...(kind.hasStatus ? { subresources: [{ subresource: "status", responseKind, verbs: ofStatus }] } : {})
  }
}
