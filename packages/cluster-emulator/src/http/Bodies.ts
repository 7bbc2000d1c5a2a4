/** Decodes request bodies: bytes to JSON. */
import type { IncomingMessage } from "node:http"
import type { ApiFailure } from "../apiserver/Failure.ts"
import { badRequest, unsupportedMediaType } from "../apiserver/Failure.ts"
import * as GoDecoder from "../apiserver/GoDecoder.ts"
import * as GoJson from "../apiserver/GoJson.ts"
import type { Json } from "../apiserver/Json.ts"
import { fromUnknown, isObject } from "../apiserver/Json.ts"
import type { PatchFormat } from "../apiserver/Request.ts"
import * as GoYaml from "./GoYaml.ts"

/** The limit of a request body: 3 MiB, as in kube-apiserver. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024

/** Reads a whole body, then calls `done` once: with its bytes, or with `undefined` when it exceeds the limit. */
export const read = (request: IncomingMessage, done: (body: Buffer | undefined) => void): void => {
  const chunks: Array<Buffer> = []
  let size = 0
  request.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size <= BODY_BYTES_MAX) chunks.push(chunk)
    else chunks.length = 0
  })
  request.on("end", () => done(size > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks)))
}

const json = "application/json"
const yaml = "application/yaml"
const protobuf = "application/vnd.kubernetes.protobuf"

const patchFormats: { readonly [mediaType: string]: PatchFormat } = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply"
}

/** The patch format of a content type; `undefined` for any other content type. */
export const patchFormatOf = (contentType: string | undefined): PatchFormat | undefined =>
  patchFormats[mediaTypeOf(contentType)]

/** Decodes the body of a patch. Throws `ApiFailure` for text that is not valid in its format. */
export const decodePatch = (format: PatchFormat | undefined, body: Buffer): Json | undefined => {
  if (format === undefined) return undefined
  return format === "apply" ? fromYaml(body.toString("utf8")) : patchFromJson(format, body)
}

/**
 * Decodes an object of `kind`, or delete options without a kind; `undefined` when the body is empty. Throws
 * `ApiFailure`.
 */
export const decode = (contentType: string | undefined, body: Buffer, kind?: string): Json | undefined => {
  if (body.length === 0 && kind === undefined) return undefined
  const prefix = kind === undefined ? "" : `the object provided is unrecognized (must be of type ${kind}): `
  const shown = kind === undefined ? "" : ` (${GoJson.summaryOf(body)})`
  const fail = (why: string) => badRequest(`${prefix}${why}${shown}`)
  const failType = (why: string) => fail(`couldn't get version/kind; json parse error: ${why}`)
  const mediaType = mediaTypeOf(contentType)
  const isEmptyYaml = body.length === 0 && mediaType === yaml
  const value = parse(isEmptyYaml ? json : mediaType, body, fail, failType)
  if (value === null) return value
  if (!isObject(value)) throw failType(GoDecoder.mismatch(value, typeMeta))
  for (const [field, inner] of Object.entries(value)) {
    const isOther = field !== "apiVersion" && field !== "kind"
    if (isOther || inner === null || typeof inner === "string") continue
    throw failType(GoDecoder.mismatch(inner, "string", { struct: "", fields: [field] }))
  }
  return value
}

type Fail = (why: string) => ApiFailure

const parse = (mediaType: string, body: Buffer, fail: Fail, failType: Fail): Json => {
  const text = body.toString("utf8")
  switch (mediaType) {
    case yaml: {
      const document = GoYaml.read(text)
      if ("error" in document) throw fail(document.error)
      return document.value
    }
    case protobuf:
      throw fail(notProtobuf)
    case json:
    case "": {
      const why = GoJson.syntaxError(body)
      if (why !== undefined) throw failType(why)
      return fromUnknown(JSON.parse(text)) ?? null
    }
    default:
      throw unsupportedMediaType([json, yaml, protobuf])
  }
}

/** Paths of duplicate fields in an object, a merge patch or a strategic patch. The body must be valid JSON. */
export const duplicateFields = (contentType: string | undefined, body: Buffer): ReadonlyArray<string> => {
  const mediaType = mediaTypeOf(contentType)
  const format = patchFormats[mediaType]
  const isObject = mediaType === json || mediaType === "" || format === "merge" || format === "strategic"
  return isObject ? GoJson.duplicateFields(body.toString("utf8")) : []
}

const notProtobuf = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"

/** The Go type that a real server decodes `apiVersion` and `kind` into, as its errors print it. */
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1).join("").trim().toLowerCase()

/** Checks the JSON syntax only; applying the patch checks the rest. */
const patchFromJson = (format: Exclude<PatchFormat, "apply">, body: Buffer): Json | undefined => {
  const why = GoJson.syntaxError(body)
  if (why !== undefined) throw badRequest(format === "strategic" ? why : `error decoding patch: ${why}`)
  const value: unknown = JSON.parse(body.toString("utf8"))
  return fromUnknown(value)
}

const fromYaml = (text: string): Json => {
  const document = GoYaml.read(text)
  if ("error" in document) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${document.error}`)
  }
  return document.value
}
