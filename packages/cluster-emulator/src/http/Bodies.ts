/**
 * Bodies, from bytes to JSON.
 */
import type { IncomingMessage } from "node:http"
import type { ApiFailure } from "../apiserver/Failure.ts"
import { badRequest, unsupportedMediaType } from "../apiserver/Failure.ts"
import * as GoDecoder from "../apiserver/GoDecoder.ts"
import * as GoJson from "../apiserver/GoJson.ts"
import type { Json } from "../apiserver/Json.ts"
import { fromUnknown, isObject } from "../apiserver/Json.ts"
import type { PatchFormat } from "../apiserver/Request.ts"
import * as GoYaml from "./GoYaml.ts"

/** What a server takes at most: 3 MiB. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024

/** Reads a whole body, then calls back once: with its bytes, or with `undefined` when there are too many of them. */
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

/** The format that a content type names; `undefined` when it is none. */
export const patchFormatOf = (contentType: string | undefined): PatchFormat | undefined =>
  patchFormats[mediaTypeOf(contentType)]

/** Decodes the body of a patch. Fails with `ApiFailure` on text that is not what its format says. */
export const decodePatch = (format: PatchFormat | undefined, body: Buffer): Json | undefined => {
  if (format === undefined) return undefined
  return format === "apply" ? fromYaml(body.toString("utf8")) : patchFromJson(format, body)
}

/**
 * Decodes an object of a kind, or options where no kind is named; `undefined` when there are no options. Fails with
 * `ApiFailure`.
 */
export const decode = (contentType: string | undefined, body: Buffer, kind?: string): Json | undefined => {
  if (body.length === 0 && kind === undefined) return undefined
  const subject = kind === undefined ? "" : `the object provided is unrecognized (must be of type ${kind}): `
  const shown = kind === undefined ? "" : ` (${GoJson.summaryOf(body)})`
  const refuse = (why: string) => badRequest(`${subject}${why}${shown}`)
  const untyped = (why: string) => refuse(`couldn't get version/kind; json parse error: ${why}`)
  const mediaType = mediaTypeOf(contentType)
  const isNothing = body.length === 0 && mediaType === yaml
  const value = parsed(isNothing ? json : mediaType, body, refuse, untyped)
  if (value === null) return value
  if (!isObject(value)) throw untyped(GoDecoder.mismatch(value, typeMeta))
  for (const [field, inner] of Object.entries(value)) {
    const isOther = field !== "apiVersion" && field !== "kind"
    if (isOther || inner === null || typeof inner === "string") continue
    throw untyped(GoDecoder.mismatch(inner, "string", { struct: "", fields: [field] }))
  }
  return value
}

type Refuse = (why: string) => ApiFailure

const parsed = (mediaType: string, body: Buffer, refuse: Refuse, untyped: Refuse): Json => {
  const text = body.toString("utf8")
  switch (mediaType) {
    case yaml: {
      const read = GoYaml.read(text)
      if ("mistake" in read) throw refuse(read.mistake)
      return read.value
    }
    case protobuf:
      throw refuse(notProtobuf)
    case json:
    case "": {
      const why = GoJson.syntaxError(body)
      if (why !== undefined) throw untyped(why)
      return fromUnknown(JSON.parse(text)) ?? null
    }
    default:
      throw unsupportedMediaType([json, yaml, protobuf])
  }
}

/** Paths of fields that an object, or a patch that looks like one, has more than once. The text must be known to be JSON. */
export const duplicateFields = (contentType: string | undefined, body: Buffer): ReadonlyArray<string> => {
  const mediaType = mediaTypeOf(contentType)
  const format = patchFormats[mediaType]
  const isObject = mediaType === json || mediaType === "" || format === "merge" || format === "strategic"
  return isObject ? GoJson.duplicateFields(body.toString("utf8")) : []
}

const notProtobuf = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"

/** What Go reads the version and the kind of an object into. */
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1).join("").trim().toLowerCase()

/** Whether JSON fits the format is for the patch to say. */
const patchFromJson = (format: Exclude<PatchFormat, "apply">, body: Buffer): Json | undefined => {
  const why = GoJson.syntaxError(body)
  if (why !== undefined) throw badRequest(format === "strategic" ? why : `error decoding patch: ${why}`)
  const value: unknown = JSON.parse(body.toString("utf8"))
  return fromUnknown(value)
}

const fromYaml = (text: string): Json => {
  const read = GoYaml.read(text)
  if ("mistake" in read) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${read.mistake}`)
  return read.value
}
