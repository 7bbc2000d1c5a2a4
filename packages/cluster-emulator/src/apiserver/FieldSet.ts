/**
 * Sets of field paths, in the tree form of `fieldsV1`: `f:name`, `k:{keys}` and `v:value` lead down, `{}` is a member
 * without children, `.` marks a member that has children.
 *
 * A set is itself JSON, so managed fields need no decoding. Empty branches never appear: `{}` below the root is a member.
 */
import type { Json, JsonObject } from "./Json.ts"
import { isObject, own } from "./Json.ts"

export type FieldSet = JsonObject

export const empty: FieldSet = {}

export const isEmpty = (set: FieldSet): boolean => {
  for (const _ in set) return false
  return true
}

const member = "."

/** A node that is a member, has children, both, or is not there at all. */
export const node = (isMember: boolean, children: FieldSet): FieldSet | undefined => {
  if (isEmpty(children)) return isMember ? empty : undefined
  return isMember ? { [member]: empty, ...children } : children
}

export const child = (set: FieldSet, element: string): FieldSet | undefined => {
  const found = own(set, element)
  return isObject(found) ? found : undefined
}

const isMember = (here: FieldSet | undefined): boolean =>
  here !== undefined && (isEmpty(here) || Object.hasOwn(here, member))

export const has = (set: FieldSet, element: string): boolean => isMember(child(set, element))

/** The set below an element, without the element itself. */
export const below = (set: FieldSet, element: string): FieldSet => childrenOf(child(set, element))

const childrenOf = (here: FieldSet | undefined): FieldSet => {
  if (here === undefined) return empty
  if (!Object.hasOwn(here, member)) return here
  const { [member]: _, ...children } = here
  return children
}

type Rule = (left: boolean, right: boolean) => boolean

const combine = (left: FieldSet, right: FieldSet, rule: Rule, elements: ReadonlyArray<string>): FieldSet => {
  const result: Record<string, Json> = {}
  for (const element of elements) {
    if (element === member) continue
    const a = child(left, element)
    const b = child(right, element)
    if (a === undefined || b === undefined) {
      // Nothing to combine with: the branch is in the result as it is, or not at all.
      const alone = rule(a !== undefined, b !== undefined) ? (a ?? b) : undefined
      if (alone !== undefined) result[element] = alone
      continue
    }
    const inner = combine(childrenOf(a), childrenOf(b), rule, elementsFor(rule, childrenOf(a), childrenOf(b)))
    const combined = node(rule(isMember(a), isMember(b)), inner)
    if (combined !== undefined) result[element] = combined
  }
  return result
}

const inEither: Rule = (left, right) => left || right
const inBoth: Rule = (left, right) => left && right
const onlyLeft: Rule = (left, right) => left && !right

const elementsFor = (rule: Rule, left: FieldSet, right: FieldSet): ReadonlyArray<string> =>
  rule === inEither ? [...new Set([...Object.keys(left), ...Object.keys(right)])] : Object.keys(left)

const apply = (left: FieldSet, right: FieldSet, rule: Rule): FieldSet =>
  combine(left, right, rule, elementsFor(rule, left, right))

export const union = (left: FieldSet, right: FieldSet): FieldSet => {
  if (isEmpty(left)) return right
  return isEmpty(right) ? left : apply(left, right, inEither)
}

export const intersection = (left: FieldSet, right: FieldSet): FieldSet =>
  isEmpty(left) || isEmpty(right) ? empty : apply(left, right, inBoth)

export const difference = (left: FieldSet, right: FieldSet): FieldSet =>
  isEmpty(left) || isEmpty(right) ? left : apply(left, right, onlyLeft)

/** What leads down from the root of a set. */
export const elements = (set: FieldSet): ReadonlyArray<string> =>
  Object.keys(set).filter((element) => element !== member)

/** Leaf by leaf, as conflicts name them: `.spec.ports[containerPort=80].protocol`. */
export const paths = (set: FieldSet, prefix = ""): ReadonlyArray<string> =>
  elements(set)
    .toSorted()
    .flatMap((element) => {
      const here = child(set, element)
      const path = `${prefix}${elementText(element)}`
      return [...(isMember(here) ? [path] : []), ...paths(childrenOf(here), path)]
    })

/** What an element of a path is called in messages. */
export const elementText = (element: string): string => {
  const rest = element.slice(2)
  if (element.startsWith("f:")) return `.${rest}`
  if (element.startsWith("v:")) return `[=${rest}]`
  const keys: unknown = JSON.parse(rest)
  const pairs = typeof keys === "object" && keys !== null ? Object.entries(keys) : []
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`
}
