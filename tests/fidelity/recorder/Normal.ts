/**
 * Answers without what no two servers share: ids, times, addresses and drawn names become their order of appearance,
 * versions become their rank within the scenario.
 */
import type { Json, JsonObject } from "../cases/Scenario.ts"
import type { Answer } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** The answers of one scenario, comparable with those of another server. */
export const normal = (answers: ReadonlyArray<Answer>): ReadonlyArray<Answer> => {
  const bodies = answers.flatMap(({ body, events }) => [...(body === undefined ? [] : [body]), ...(events ?? [])])
  const versions = [...new Set(bodies.flatMap(objectVersions))].sort((left, right) => left - right)
  const names = new Map(bodies.flatMap(drawnNames))
  const texts = inOrder()
  const text = (value: string): string => texts(named(value, names))
  const show = (value: Json): Json => shown(value, versions, text)
  return answers.map(({ body, events, warnings, ...head }) => ({
    ...head,
    ...(warnings === undefined ? {} : { warnings: warnings.map(text) }),
    ...(body === undefined ? {} : { body: show(body) }),
    ...(events === undefined ? {} : { events: events.map(show) })
  }))
}

/** Versions of objects. A list and a bookmark carry the version of the moment, which others move too. */
const objectVersions = (value: Json): ReadonlyArray<number> => {
  if (isList(value)) return value.flatMap(objectVersions)
  if (!isObject(value)) return []
  const { metadata, ...rest } = value
  const own = isObject(metadata) && isOfObject(value, metadata) ? [Number(metadata.resourceVersion)] : []
  return [...own, ...Object.values(rest).flatMap(objectVersions)]
}

const isOfObject = (value: JsonObject, metadata: JsonObject): boolean =>
  typeof metadata.resourceVersion === "string" && typeof metadata.name === "string" && !("items" in value)

const drawnNames = (value: Json): ReadonlyArray<readonly [string, string]> => {
  if (isList(value)) return value.flatMap(drawnNames)
  if (!isObject(value)) return []
  const { metadata } = value
  const { generateName, name } = isObject(metadata) ? metadata : {}
  const drawn = typeof generateName === "string" && typeof name === "string" && isDrawn(generateName, name)
  const own: ReadonlyArray<readonly [string, string]> = drawn ? [[name, `${name.slice(0, -5)}<drawn>`]] : []
  return [...own, ...Object.values(value).flatMap(drawnNames)]
}

const isDrawn = (prefix: string, name: string): boolean =>
  name.length >= 5 && prefix.startsWith(name.slice(0, -5)) && /[bcdfghjklmnpqrstvwxz2456789]{5}$/u.test(name)

const named = (value: string, names: ReadonlyMap<string, string>): string => {
  let result = value
  for (const [name, shown] of names) result = result.replaceAll(name, shown)
  return result
}

const chance =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b10\.0\.\d+\.\d+\b/gu

/** Numbers whatever a server drew, in order of appearance. All times of a run are one. */
const inOrder = (): ((text: string) => string) => {
  const seen = new Map<string, string>()
  return (text) =>
    text.replaceAll(chance, (found) => {
      if (/^\d{4}-/u.test(found)) return found.startsWith("2000") ? found : found.includes(".") ? "<time.>" : "<time>"
      const known = seen.get(found) ?? `<${found.startsWith("10.") ? "ip" : "uid"} ${seen.size + 1}>`
      seen.set(found, known)
      return known
    })
}

type Text = (text: string) => string

const shown = (value: Json, versions: ReadonlyArray<number>, text: Text): Json => {
  if (typeof value === "string") return text(versionsIn(value, versions))
  if (isList(value)) return value.map((item) => shown(item, versions, text))
  if (!isObject(value)) return value
  const fields = Object.entries(value).map(([field, inner]): readonly [string, Json] => {
    if (field === "resourceVersion" && typeof inner === "string") return [field, versionText(inner, versions)]
    if (field === "continue" && typeof inner === "string" && inner !== "") return [field, "<token>"]
    if (field === "managedFields" && isList(inner)) return [field, shown(inner.toSorted(byManager), versions, text)]
    return [text(field), shown(inner, versions, text)]
  })
  return Object.fromEntries(fields)
}

/** Managers are listed by the second of their write; a run does not choose its seconds. */
const byManager = (left: Json, right: Json): number => {
  const key = (entry: Json) => {
    const { apiVersion, manager, operation, subresource } = isObject(entry) ? entry : {}
    return JSON.stringify([operation, manager, apiVersion, subresource])
  }
  return key(left) < key(right) ? -1 : 1
}

/** A text in which every object that it quotes lists its managers in the order of {@link normal}. */
export const quoted = (text: string): string =>
  text.replaceAll(/"\{(?:[^"\\]|\\.)*\}"/gu, (found) => {
    try {
      const object: { readonly metadata?: { managedFields?: ReadonlyArray<Json> } } = JSON.parse(JSON.parse(found))
      if (object.metadata?.managedFields === undefined) return found
      object.metadata.managedFields = object.metadata.managedFields.toSorted(byManager)
      return JSON.stringify(JSON.stringify(object))
    } catch {
      return found
    }
  })

/** The rank of the last version of an object that is not later. */
const versionText = (text: string, versions: ReadonlyArray<number>): string => {
  const version = Number(text)
  if (!/^\d+$/u.test(text) || version < 2) return text
  return `<v${versions.filter((one) => one <= version).length}>`
}

/** Versions that a message names. */
const versionsIn = (text: string, versions: ReadonlyArray<number>): string =>
  text
    .replaceAll(/(resource ?version[^0-9"]{1,40})(\d+)/giu, (_, what: string, number: string) => {
      return what + versionText(number, versions)
    })
    .replaceAll(/(current: |^too old resource version: .*\()\d+/gu, "$1<now>")
