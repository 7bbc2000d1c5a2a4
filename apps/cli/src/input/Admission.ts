/** Admits manifests offline, with the API server of `@portolan/cluster-emulator`. */
import { ApiServer, ClusterControllers } from "@portolan/cluster-emulator"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import { CustomKind, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"

interface Cause {
  readonly field: string
  readonly message: string
}

export type Admitted =
  | { readonly _tag: "Accepted"; readonly object: ObjectMeta.KubernetesObject }
  | { readonly _tag: "Refused"; readonly causes: ReadonlyArray<Cause> }

export interface Admission {
  /** Stores an object of a kind, or returns every cause of its rejection: unknown fields, types, validation rules. */
  readonly admit: (kind: ObjectMeta.ObjectKind, manifest: object) => Admitted
  /** The objects of some kinds after the cluster's controllers have run: claims are bound. */
  readonly converged: (kinds: ReadonlyArray<ObjectMeta.ObjectKind>) => ReadonlyArray<ObjectMeta.KubernetesObject>
}

/** Starts with the CustomResourceDefinition of SeiNode. */
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

const resourceOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind) => ({ ...parseApiVersion(apiVersion), plural })

const refused = (...causes: ReadonlyArray<Cause>): Admitted => ({ _tag: "Refused", causes })

/** The causes of a `Status`. */
const causesOf = ({ details, message }: ObjectMeta.JsonObject): ReadonlyArray<Cause> => {
  const text = String(message)
  const unknownFields = [...text.matchAll(/unknown field "([^"]+)"/gu)].map(([, field = ""]) => ({
    field,
    message: "unknown field"
  }))
  if (unknownFields.length > 0) return unknownFields
  const causes = ObjectMeta.isJsonObject(details) && Array.isArray(details.causes) ? details.causes : []
  const found = causes
    .filter(ObjectMeta.isJsonObject)
    .map((cause) => ({ field: String(cause.field ?? ""), message: String(cause.message) }))
    // Says that validation rules were skipped. The other causes say why.
    .filter(({ field }, _, all) => field !== "<nil>" || all.length === 1)
  return found.length > 0 ? found : [{ field: "", message: text }]
}

const textAt = (object: unknown, field: string): string | undefined => {
  const value: unknown = typeof object === "object" && object !== null ? Reflect.get(object, field) : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}
