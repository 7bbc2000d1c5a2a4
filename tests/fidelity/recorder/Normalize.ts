/**
 * Replaces what differs between any two servers by placeholders: ids and addresses are numbered in order of appearance,
 * resource versions become their rank within the scenario, times and random names become one placeholder.
 */
import type { Json, JsonObject } from "../cases/Scenario.ts"
import type { Response } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** The responses of one scenario, comparable with those of another server. */
export const normalize = (responses: ReadonlyArray<Response>): ReadonlyArray<Response> => {
  const bodies = responses.flatMap(({ body, events }) => [...(body === undefined ? [] : [body]), ...(events ?? [])])
  const versions = [...new Set(bodies.flatMap(objectVersions))].sort((left, right) => left - right)
  const names = new Map(bodies.flatMap(generatedNames))
  const replaceValues = valueReplacer()
  const replaceText = (value: string): string => replaceValues(replaceNames(value, names))
  const replaceIn = (value: Json): Json => replaceJson(value, versions, replaceText)
  return responses.map(({ body, events, warnings, ...head }) => ({
    ...head,
    ...(warnings === undefined ? {} : { warnings: warnings.map(replaceText) }),
    ...(body === undefined ? {} : { body: replaceIn(body) }),
    ...(events === undefined ? {} : { events: events.map(replaceIn) })
  }))
}

/**
 * Versions of objects. Lists and bookmarks have the current version of the server, which other scenarios advance too.
 */
const objectVersions = (value: Json): ReadonlyArray<number> => {
  if (isList(value)) return value.flatMap(objectVersions)
  if (!isObject(value)) return []
  const { metadata, ...fields } = value
  const own = isObject(metadata) && isOfObject(value, metadata) ? [Number(metadata.resourceVersion)] : []
  return [...own, ...Object.values(fields).flatMap(objectVersions)]
}

const isOfObject = (value: JsonObject, metadata: JsonObject): boolean =>
  typeof metadata.resourceVersion === "string" && typeof metadata.name === "string" && !("items" in value)

const generatedNames = (value: Json): ReadonlyArray<readonly [string, string]> => {
  if (isList(value)) return value.flatMap(generatedNames)
  if (!isObject(value)) return []
  const { metadata } = value
  const { generateName, name } = isObject(metadata) ? metadata : {}
  const isMatch = typeof generateName === "string" && typeof name === "string" && isGenerated(generateName, name)
  const own: ReadonlyArray<readonly [string, string]> = isMatch ? [[name, `${name.slice(0, -5)}<drawn>`]] : []
  return [...own, ...Object.values(value).flatMap(generatedNames)]
}

const isGenerated = (prefix: string, name: string): boolean =>
  name.length >= 5 && prefix.startsWith(name.slice(0, -5)) && /[bcdfghjklmnpqrstvwxz2456789]{5}$/u.test(name)

const replaceNames = (value: string, names: ReadonlyMap<string, string>): string => {
  let result = value
  for (const [name, placeholder] of names) result = result.replaceAll(name, placeholder)
  return result
}

/** Ids, times and service addresses. */
const valuePattern =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b10\.0\.\d+\.\d+\b/gu

/** Numbers generated values in order of appearance. All times of a run get the same placeholder. */
const valueReplacer = (): ((text: string) => string) => {
  const placeholders = new Map<string, string>()
  return (text) =>
    text.replaceAll(valuePattern, (found) => {
      if (/^\d{4}-/u.test(found)) return found.startsWith("2000") ? found : found.includes(".") ? "<time.>" : "<time>"
      const placeholder =
        placeholders.get(found) ?? `<${found.startsWith("10.") ? "ip" : "uid"} ${placeholders.size + 1}>`
      placeholders.set(found, placeholder)
      return placeholder
    })
}

const replaceJson = (value: Json, versions: ReadonlyArray<number>, replaceText: (text: string) => string): Json => {
  if (typeof value === "string") return replaceText(replaceVersions(value, versions))
  if (isList(value)) return value.map((item) => replaceJson(item, versions, replaceText))
  if (!isObject(value)) return value
  const fields = Object.entries(value).map(([field, inner]): readonly [string, Json] => {
    if (field === "resourceVersion" && typeof inner === "string") return [field, versionRank(inner, versions)]
    if (field === "continue" && typeof inner === "string" && inner !== "") return [field, "<token>"]
    if (field === "managedFields" && isList(inner))
      return [field, replaceJson(inner.toSorted(byManager), versions, replaceText)]
    return [replaceText(field), replaceJson(inner, versions, replaceText)]
  })
  return Object.fromEntries(fields)
}

/** A server orders managers by the second of their write, which differs between runs. */
const byManager = (left: Json, right: Json): number => {
  const key = (entry: Json) => {
    const { apiVersion, manager, operation, subresource } = isObject(entry) ? entry : {}
    return JSON.stringify([operation, manager, apiVersion, subresource])
  }
  return key(left) < key(right) ? -1 : 1
}

/** Sorts the managers of every object that a text quotes, in the order of {@link normalize}. */
export const sortQuotedManagers = (text: string): string =>
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

/** The rank of a version among the versions of objects. */
const versionRank = (text: string, versions: ReadonlyArray<number>): string => {
  const version = Number(text)
  if (!/^\d+$/u.test(text) || version < 2) return text
  return `<v${versions.filter((other) => other <= version).length}>`
}

/** Replaces versions in messages. */
const replaceVersions = (text: string, versions: ReadonlyArray<number>): string =>
  text
    .replaceAll(/(resource ?version[^0-9"]{1,40})(\d+)/giu, (_, prefix: string, number: string) => {
      return prefix + versionRank(number, versions)
    })
    .replaceAll(/(current: |^too old resource version: .*\()\d+/gu, "$1<now>")
