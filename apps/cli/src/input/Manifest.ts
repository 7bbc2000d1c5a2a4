/** Reads manifests and validates them like an API server: each error has its line. */
import { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Admission from "./Admission.ts"
import * as Documents from "./Documents.ts"
import * as FieldSuggestion from "./FieldSuggestion.ts"

/** A manifest has no uid and no resourceVersion; plan and task ids are derived from these instead. */
const UID = "00000000-0000-0000-0000-000000000000"
const VERSION = ObjectMeta.ResourceVersion.make("0")

/** Kinds that a SeiNode may depend on. Objects of other kinds are ignored. */
const DEPENDENCIES = [Identity.Secret, Identity.ConfigMap, Identity.PersistentVolume, Identity.PersistentVolumeClaim]

/**
 * The SeiNode of a file or folder as an API server would store it, and the objects it may depend on: Secrets,
 * ConfigMaps, and claims with their volumes. Fails with every problem at once.
 */
export const read = Effect.fnUntraced(function* (path: string) {
  const documents = yield* Documents.read(path)
  const nodes = documents.filter(({ content }) => fieldOf(content, "kind") === SeiNode.resource.kind)
  const second = nodes[1]
  if (second !== undefined) {
    return yield* Documents.invalid([second.problem("", "second SeiNode: only one can be planned at a time")])
  }
  const [node] = nodes.length > 0 ? nodes : documents
  const server = Admission.make()
  const admitted = documents.flatMap((document) => {
    const result = document === node ? admitNode(server, document.content) : admitDependency(server, document.content)
    return result === undefined ? [] : [{ document, result }]
  })
  const problems = admitted.flatMap(({ document, result }) =>
    result._tag === "Refused"
      ? result.causes
          .map(({ field, message }) => document.problem(field, withSuggestion(field, message)))
          .sort((left, right) => left.line - right.line)
      : []
  )
  const stored = admitted.find(({ document }) => document === node)?.result
  if (problems.length > 0 || stored?._tag !== "Accepted") return yield* Documents.invalid(problems)
  const { object } = stored
  return {
    node: { ...object, metadata: { ...object.metadata, uid: UID, resourceVersion: VERSION } },
    clusterObjects: server.converged(DEPENDENCIES)
  }
})

const withSuggestion = (field: string, message: string): string => {
  const suggestion = message === "unknown field" ? FieldSuggestion.suggest(field) : undefined
  return suggestion === undefined ? message : `${message} (did you mean "${suggestion}"?)`
}

const admitNode = (server: Admission.Admission, content: unknown): Admission.Admitted => {
  const { apiVersion, kind } = SeiNode.resource
  if (typeof content !== "object" || content === null || Array.isArray(content))
    return rejected("", "document is not an object")
  if (fieldOf(content, "apiVersion") !== apiVersion) return rejected("apiVersion", `must be "${apiVersion}"`)
  if (fieldOf(content, "kind") !== kind) return rejected("kind", `must be "${kind}"`)
  return server.admit(SeiNode.resource, content)
}

const admitDependency = (server: Admission.Admission, content: unknown): Admission.Admitted | undefined => {
  if (typeof content !== "object" || content === null) return rejected("", "document is not an object")
  const kind = DEPENDENCIES.find(
    ({ apiVersion, kind }) => kind === fieldOf(content, "kind") && apiVersion === fieldOf(content, "apiVersion")
  )
  return kind === undefined ? undefined : server.admit(kind, content)
}

const rejected = (field: string, message: string): Admission.Admitted => ({
  _tag: "Refused",
  causes: [{ field, message }]
})

const fieldOf = (content: unknown, field: string): unknown =>
  typeof content === "object" && content !== null ? Reflect.get(content, field) : undefined
