/**
 * Bodies, from bytes to JSON.
 */
import type { IncomingMessage } from "node:http"
import * as Yaml from "yaml"
import { badRequest, unsupportedMediaType } from "../apiserver/Failure.ts"
import type { Json } from "../apiserver/Json.ts"
import { fromUnknown } from "../apiserver/Json.ts"
import type { PatchFormat } from "../apiserver/Request.ts"

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
  const text = body.toString("utf8")
  return format === "apply" ? fromYaml(text) : fromJson(text, "error decoding patch: ")
}

/** Decodes an object or options; `undefined` when there is no body. Fails with `ApiFailure`. */
export const decode = (contentType: string | undefined, body: Buffer): Json | undefined => {
  if (body.length === 0) return undefined
  const mediaType = mediaTypeOf(contentType)
  const text = body.toString("utf8")
  if (mediaType === yaml) return fromYaml(text)
  if (mediaType === json || mediaType === "") {
    return fromJson(text, "the object provided is unrecognized: couldn't get version/kind; json parse error: ")
  }
  throw unsupportedMediaType([json, yaml, protobuf])
}

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1).join("").trim().toLowerCase()

const fromJson = (text: string, what: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return fromUnknown(value)
  } catch (error) {
    throw badRequest(what + messageOf(error))
  }
}

/** JSON is YAML, but far quicker to read as JSON. */
const fromYaml = (text: string): Json | undefined => {
  try {
    const value: unknown = /^\s*\{/u.test(text) ? JSON.parse(text) : undefined
    if (value !== undefined) return fromUnknown(value)
  } catch {
    // Falls through: a flow mapping begins like an object.
  }
  try {
    const value: unknown = Yaml.parse(text, { schema: "yaml-1.1", customTags: withoutTimes })
    return fromUnknown(value)
  } catch (error) {
    throw badRequest(`error decoding YAML: ${messageOf(error)}`)
  }
}

/** Times stay text, as in every Kubernetes object. */
const withoutTimes = (tags: Yaml.Tags): Yaml.Tags =>
  tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:timestamp")

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
