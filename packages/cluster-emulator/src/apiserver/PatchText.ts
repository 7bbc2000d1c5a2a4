/**
 * The text of a patched object in the error message of a patch that makes the object undecodable.
 */
import type { Type } from "./BuiltInFields.ts"
import { fieldsOf, structOf } from "./BuiltInFields.ts"
import * as GoJson from "./GoJson.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, isArray, isObject, none, objectsOf, own, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import type { PatchFormat } from "./Request.ts"

/** The patched object as JSON. For a strategic merge patch, the patch itself as Go prints a map. */
export const of = (
  format: Exclude<PatchFormat, "apply">,
  kind: ServedKind,
  patched: JsonObject,
  body: Json | undefined
): string => {
  if (format === "strategic") return GoJson.printed(body ?? null)
  const struct = structOf(kind)
  const type: Type | undefined = struct === undefined ? undefined : { _tag: "Struct", go: struct, struct }
  const touched = format === "json" ? touchedBy(body) : (body ?? null)
  return encode(patched, type, touched).replaceAll(/[<>&]/gu, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
}

/**
 * JSON text as Go encodes it. Struct fields are in declaration order. Objects that a patch touches are decoded into
 * maps, whose fields are sorted by name, and so are all custom objects.
 *
 * `touched` mirrors the part of the object that the patch touches: an object on the path, any other value where the
 * patch sets a value, `undefined` where it touches nothing.
 */
const encode = (value: Json, type: Type | undefined, touched: Json | undefined): string => {
  const isPatched = touched !== undefined && !isObject(touched)
  const effectiveType = isPatched ? undefined : type
  const within = (name: string) => (isObject(touched) ? own(touched, name) : undefined)
  if (isArray(value)) {
    const of = effectiveType?._tag === "List" ? effectiveType.of : undefined
    return `[${value.map((item, index) => encode(item, of, within(`${index}`))).join(",")}]`
  }
  if (!isObject(value)) return JSON.stringify(value)
  const fields = effectiveType?._tag === "Struct" ? fieldsOf(effectiveType.struct) : undefined
  const isInOrder = fields !== undefined && touched === undefined
  const names = isInOrder ? [...fields.keys()].filter((name) => Object.hasOwn(value, name)) : Object.keys(value).sort()
  const texts = names.map((name) => {
    const inner = effectiveType?._tag === "Map" ? effectiveType.of : fields?.get(name)?.type
    return `${JSON.stringify(name)}:${encode(value[name] ?? null, inner, within(name))}`
  })
  return `{${texts.join(",")}}`
}

/** The paths that JSON patch operations touch, as a tree; `null` where an operation sets a value. */
const touchedBy = (operations: Json | undefined): Json =>
  objectsOf(arrayOf(operations)).reduce<Json>((touched, { from, op, path }) => {
    const setsNothing = op === "test" || op === "remove"
    const withSource = op === "move" || op === "copy" ? touch(touched, segments(textOf(from)), none) : touched
    return touch(withSource, segments(textOf(path)), setsNothing ? undefined : null)
  }, none)

const segments = (path: string): ReadonlyArray<string> =>
  path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))

const touch = (touched: Json, path: ReadonlyArray<string>, leaf: Json | undefined): Json => {
  const [name, ...descendants] = path
  if (name === undefined) return leaf ?? touched
  if (!isObject(touched)) return touched
  const before = own(touched, name)
  if (descendants.length === 0 && leaf === undefined) return touched
  return { ...touched, [name]: touch(before ?? none, descendants, leaf) }
}
