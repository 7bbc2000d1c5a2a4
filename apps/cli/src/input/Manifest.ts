/** Reads a manifest and holds it to what admission would say, with the line of each complaint. */
import { CustomKind, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { ApiServer } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Yaml from "yaml"
import { ManifestInvalid, type Problem } from "./Problem.ts"

/** What an object that is in no cluster has for a uid and a version. */
const UID = "00000000-0000-0000-0000-000000000000"
const VERSION = ObjectMeta.ResourceVersion.make("0")

/**
 * The object of a file, as a server would store it. Fails with every problem at once: YAML, unknown fields, types,
 * rules.
 */
export const read = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(file)
    .pipe(Effect.mapError(() => invalid([{ file, line: 0, field: "", message: "cannot be read" }])))
  const lines = new Yaml.LineCounter()
  const documents = Yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const [document] = documents
  const problem = (line: number, field: string, message: string): Problem => ({ file, line, field, message })
  if (!Array.isArray(documents) || document === undefined) return yield* invalid([problem(0, "", "is empty")])
  const broken = documents.flatMap(({ errors }) => errors)
  if (broken.length > 0) {
    return yield* invalid(
      broken.map(({ message, pos }) => problem(lines.linePos(pos[0]).line, "", `is not valid YAML: ${message}`))
    )
  }
  if (documents.length > 1) {
    const second = documents[1]?.range?.[0] ?? 0
    return yield* invalid([problem(lines.linePos(second).line, "", "has several documents; give one at a time")])
  }
  const lineOf = (field: string) => lines.linePos(offsetOf(document, field)).line
  const complaints = check(document.toJS())
  if (complaints._tag === "Refused") {
    return yield* invalid(complaints.causes.map(({ field, message }) => problem(lineOf(field), field, message)))
  }
  return complaints.object
})

interface Cause {
  readonly field: string
  readonly message: string
}

type Checked =
  | { readonly _tag: "Accepted"; readonly object: ObjectMeta.KubernetesObject }
  | { readonly _tag: "Refused"; readonly causes: ReadonlyArray<Cause> }

const refused = (...causes: ReadonlyArray<Cause>): Checked => ({ _tag: "Refused", causes })

/** Asks a server in memory that knows the kind. */
const check = (manifest: unknown): Checked => {
  if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) {
    return refused({ field: "", message: "is not an object" })
  }
  const { apiVersion, kind } = SeiNode.resource
  if (!("apiVersion" in manifest) || manifest.apiVersion !== apiVersion) {
    return refused({ field: "apiVersion", message: `must be ${apiVersion}` })
  }
  if (!("kind" in manifest) || manifest.kind !== kind) return refused({ field: "kind", message: `must be ${kind}` })
  const metadata = "metadata" in manifest && typeof manifest.metadata === "object" ? manifest.metadata : {}
  const namespace = textAt(metadata, "namespace") ?? "default"
  if (textAt(metadata, "name") === undefined) return refused({ field: "metadata.name", message: "is required" })
  const { body, code } = dryCreate(namespace, manifest)
  return code < 300 && ObjectMeta.isKubernetesObject(body)
    ? { _tag: "Accepted", object: { ...body, metadata: { ...body.metadata, uid: UID, resourceVersion: VERSION } } }
    : refused(...causesOf(body))
}

const dryCreate = (namespace: string, body: unknown) => {
  const server = ApiServer.make()
  const ask = (group: string, version: string, plural: string, where: string, what: unknown) =>
    server.handle({
      verb: "create",
      group,
      version,
      plural,
      namespace: where,
      name: "",
      query: { fieldValidation: "Strict" },
      user: "portolan",
      body: what
    })
  ask("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", CustomKind.manifest(SeiNode.kind))
  ask("", "v1", "namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })
  return ask(SeiNode.kind.group, SeiNode.kind.version, SeiNode.kind.plural, namespace, body)
}

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

/** Where a field is written; the nearest field above it when it is not there. */
const offsetOf = (document: Yaml.Document, field: string): number => {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  for (const part of field.split(/[.[\]]+/u).filter((each) => each !== "")) {
    if (Yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => Yaml.isScalar(key) && String(key.value) === part)
      if (pair === undefined) return offset
      offset = Yaml.isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (Yaml.isSeq(node)) {
      const item = node.items[Number(part)]
      if (!Yaml.isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

const invalid = (problems: ReadonlyArray<Problem>) => new ManifestInvalid({ problems })
