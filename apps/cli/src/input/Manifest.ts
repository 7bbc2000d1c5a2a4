/** Reads manifests and holds them to what admission would say, with the line of each complaint. */
import { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Admission from "./Admission.ts"
import * as Documents from "./Documents.ts"

/** What a node that is in no cluster has for a uid and a version. */
const UID = "00000000-0000-0000-0000-000000000000"
const VERSION = ObjectMeta.ResourceVersion.make("0")

/** What people bring along for a node; objects of other kinds do not count. */
const BROUGHT = [Identity.Secret, Identity.ConfigMap, Identity.PersistentVolume, Identity.PersistentVolumeClaim]

/**
 * The one node of a file or a folder, as a server would store it, and what else would be there: Secrets, and claims with
 * their volumes. Fails with every problem at once.
 */
export const read = Effect.fnUntraced(function* (path: string) {
  const documents = yield* Documents.read(path)
  const nodes = documents.filter(({ content }) => fieldOf(content, "kind") === SeiNode.resource.kind)
  const second = nodes[1]
  if (second !== undefined)
    return yield* Documents.invalid([second.problem("", "is a second SeiNode; give one at a time")])
  const [node] = nodes.length > 0 ? nodes : documents
  const server = Admission.make()
  const admitted = documents.flatMap((document) => {
    const result = document === node ? admitNode(server, document.content) : admitOther(server, document.content)
    return result === undefined ? [] : [{ document, result }]
  })
  const problems = admitted.flatMap(({ document, result }) =>
    result._tag === "Refused" ? result.causes.map(({ field, message }) => document.problem(field, message)) : []
  )
  const found = admitted.find(({ document }) => document === node)?.result
  if (problems.length > 0 || found?._tag !== "Accepted") return yield* Documents.invalid(problems)
  const { object } = found
  return {
    node: { ...object, metadata: { ...object.metadata, uid: UID, resourceVersion: VERSION } },
    others: server.converged(BROUGHT)
  }
})

const admitNode = (server: Admission.Admission, content: unknown): Admission.Admitted => {
  const { apiVersion, kind } = SeiNode.resource
  if (typeof content !== "object" || content === null || Array.isArray(content)) return refused("", "is not an object")
  if (fieldOf(content, "apiVersion") !== apiVersion) return refused("apiVersion", `must be ${apiVersion}`)
  if (fieldOf(content, "kind") !== kind) return refused("kind", `must be ${kind}`)
  return server.admit(SeiNode.resource, content)
}

const admitOther = (server: Admission.Admission, content: unknown): Admission.Admitted | undefined => {
  if (typeof content !== "object" || content === null) return refused("", "is not an object")
  const kind = BROUGHT.find(
    (each) => each.kind === fieldOf(content, "kind") && each.apiVersion === fieldOf(content, "apiVersion")
  )
  return kind === undefined ? undefined : server.admit(kind, content)
}

const refused = (field: string, message: string): Admission.Admitted => ({
  _tag: "Refused",
  causes: [{ field, message }]
})

const fieldOf = (content: unknown, field: string): unknown =>
  typeof content === "object" && content !== null ? Reflect.get(content, field) : undefined
