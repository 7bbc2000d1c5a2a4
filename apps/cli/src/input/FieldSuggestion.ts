/** Suggests the field that a user meant, from the CRD's schema. */
import { CustomKind, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"

/** Edits between two names at which they may still be a typing error of each other. */
const DISTANCE_MAX = 2

type Json = ObjectMeta.JsonObject[string] | undefined

const schema: Json = { properties: { spec: CustomKind.structural(SeiNode.kind.spec) } }

/** The known field beside `spec.imagee` that is spelled most like it: `image`; `undefined` when none is close. */
export const suggest = (field: string): string | undefined => {
  const path = field.split(/[.[\]]+/u).filter((part) => part !== "")
  const name = path.at(-1) ?? ""
  const known = Object.keys(propertiesOf(path.slice(0, -1).reduce(child, schema)))
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= DISTANCE_MAX)
    .sort((left, right) => left.distance - right.distance)
  return nearest?.candidate
}

/** The schema of a field, or of an element of a list or map. */
const child = (parent: Json, part: string): Json =>
  propertiesOf(parent)[part] ?? at(parent, "items") ?? at(parent, "additionalProperties")

const propertiesOf = (parent: Json): ObjectMeta.JsonObject => {
  const properties = at(parent, "properties")
  return ObjectMeta.isJsonObject(properties) ? properties : {}
}

const at = (value: Json, key: string): Json => (ObjectMeta.isJsonObject(value) ? value[key] : undefined)

/** The Levenshtein distance. */
const editDistance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [i, a] of [...left].entries()) {
    const next = [i + 1]
    for (const [j, b] of [...right].entries()) {
      next.push(Math.min((row[j] ?? 0) + (a === b ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
