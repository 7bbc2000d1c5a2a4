/**
 * What a refusal shows of a patch that made something unreadable of an object.
 */
import type { Type } from "./BuiltInFields.ts"
import { fieldsOf, structOf } from "./BuiltInFields.ts"
import * as GoJson from "./GoJson.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, isArray, isObject, none, objectsOf, own, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import type { PatchFormat } from "./Request.ts"

/** The patched object as JSON; of a strategic patch the patch itself, as Go prints a map. */
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
 * A real server writes the fields of its structs in their order. Whatever a patch reaches into becomes a map, and those
 * are written by name, as all of a custom object is. `touched` is how far the patch reaches, with anything but an object
 * where it sets a value, and `undefined` where it does not go.
 */
const encode = (value: Json, type: Type | undefined, touched: Json | undefined): string => {
  const isSetHere = touched !== undefined && !isObject(touched)
  const here = isSetHere ? undefined : type
  const within = (name: string) => (isObject(touched) ? own(touched, name) : undefined)
  if (isArray(value)) {
    const of = here?._tag === "List" ? here.of : undefined
    return `[${value.map((item, index) => encode(item, of, within(`${index}`))).join(",")}]`
  }
  if (!isObject(value)) return JSON.stringify(value)
  const fields = here?._tag === "Struct" ? fieldsOf(here.struct) : undefined
  const isInOrder = fields !== undefined && touched === undefined
  const names = isInOrder ? [...fields.keys()].filter((name) => Object.hasOwn(value, name)) : Object.keys(value).sort()
  const texts = names.map((name) => {
    const inner = here?._tag === "Map" ? here.of : fields?.get(name)?.type
    return `${JSON.stringify(name)}:${encode(value[name] ?? null, inner, within(name))}`
  })
  return `{${texts.join(",")}}`
}

/** The places that operations go to, each in the one around it; `null` where a value is set. */
const touchedBy = (operations: Json | undefined): Json =>
  objectsOf(arrayOf(operations)).reduce<Json>((places, { from, op, path }) => {
    const isRead = op === "test" || op === "remove"
    const read = op === "move" || op === "copy" ? touch(places, segments(textOf(from)), none) : places
    return touch(read, segments(textOf(path)), isRead ? undefined : null)
  }, none)

const segments = (path: string): ReadonlyArray<string> =>
  path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))

const touch = (places: Json, path: ReadonlyArray<string>, end: Json | undefined): Json => {
  const [name, ...rest] = path
  if (name === undefined) return end ?? places
  if (!isObject(places)) return places
  const before = own(places, name)
  if (rest.length === 0 && end === undefined) return places
  return { ...places, [name]: touch(before ?? none, rest, end) }
}
