/** A server in memory that says what a real one would say to a manifest. */
import { CustomKind, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { ApiServer, ClusterControllers } from "@portolan/testkit"

interface Cause {
  readonly field: string
  readonly message: string
}

export type Admitted =
  | { readonly _tag: "Accepted"; readonly object: ObjectMeta.KubernetesObject }
  | { readonly _tag: "Refused"; readonly causes: ReadonlyArray<Cause> }

export interface Admission {
  /** Stores an object of a kind, or says every reason why not: unknown fields, types, rules. */
  readonly admit: (kind: ObjectMeta.ObjectKind, manifest: object) => Admitted
  /** The objects of some kinds, once a cluster has done its part: claims have volumes. */
  readonly converged: (kinds: ReadonlyArray<ObjectMeta.ObjectKind>) => ReadonlyArray<ObjectMeta.KubernetesObject>
}

/** A server that knows SeiNodes. */
export const make = (): Admission => {
  const server = ApiServer.make()
  const create = (kind: ObjectMeta.ObjectKind, namespace: string, body: unknown) =>
    server.handle({
      verb: "create",
      ...resourceOf(kind),
      namespace,
      name: "",
      query: { fieldValidation: "Strict" },
      user: "portolan",
      body
    })
  create(Definition, "", CustomKind.manifest(SeiNode.kind))
  return {
    admit: (kind, manifest) => {
      const metadata: unknown = Reflect.get(manifest, "metadata")
      if (textAt(metadata, "name") === undefined) return refused({ field: "metadata.name", message: "is required" })
      const namespace = kind.scope === "Cluster" ? "" : (textAt(metadata, "namespace") ?? "default")
      create(Namespace, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })
      const { body, code } = create(kind, namespace, manifest)
      return code < 300 && ObjectMeta.isKubernetesObject(body)
        ? { _tag: "Accepted", object: body }
        : refused(...causesOf(body))
    },
    converged: (kinds) => {
      ClusterControllers.make(server).step(0)
      return kinds.flatMap((kind) => server.peekAll(resourceOf(kind)))
    }
  }
}

const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

const resourceOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind) => {
  const [version = "", group = ""] = apiVersion.split("/").reverse()
  return { group, version, plural }
}

const refused = (...causes: ReadonlyArray<Cause>): Admitted => ({ _tag: "Refused", causes })

/** A server's `Status` as single complaints. */
const causesOf = ({ details, message }: ObjectMeta.JsonObject): ReadonlyArray<Cause> => {
  const text = String(message)
  const unknown = [...text.matchAll(/unknown field "([^"]+)"/gu)].map(([, field = ""]) => ({
    field,
    message: "unknown field"
  }))
  if (unknown.length > 0) return unknown
  const causes = ObjectMeta.isJsonObject(details) && Array.isArray(details.causes) ? details.causes : []
  const found = causes
    .filter(ObjectMeta.isJsonObject)
    .map((cause) => ({ field: String(cause.field ?? ""), message: String(cause.message) }))
    // A remark that rules were left out; the causes beside it say why.
    .filter(({ field }, _, all) => field !== "<nil>" || all.length === 1)
  return found.length > 0 ? found : [{ field: "", message: text }]
}

const textAt = (object: unknown, field: string): string | undefined => {
  const value: unknown = typeof object === "object" && object !== null ? Reflect.get(object, field) : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}
