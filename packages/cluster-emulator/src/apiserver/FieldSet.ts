/**
 * Sets of field paths in the form of `fieldsV1`: a tree with the path elements `f:name`, `k:{keys}` and `v:value`. `{}`
 * is a member without children, `.` marks a member with children.
 *
 * A set is JSON, so `managedFields` needs no decoding. There are no empty branches: `{}` below the root is a member.
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

/** The node for a path element; `undefined` when it is neither a member nor has children. */
export const node = (isMember: boolean, children: FieldSet): FieldSet | undefined => {
  if (isEmpty(children)) return isMember ? empty : undefined
  return isMember ? { [member]: empty, ...children } : children
}

export const child = (set: FieldSet, element: string): FieldSet | undefined => {
  const found = own(set, element)
  return isObject(found) ? found : undefined
}

const isMember = (branch: FieldSet | undefined): boolean =>
  branch !== undefined && (isEmpty(branch) || Object.hasOwn(branch, member))

export const has = (set: FieldSet, element: string): boolean => isMember(child(set, element))

/** The children of an element, without the element itself. */
export const below = (set: FieldSet, element: string): FieldSet => childrenOf(child(set, element))

const childrenOf = (branch: FieldSet | undefined): FieldSet => {
  if (branch === undefined) return empty
  if (!Object.hasOwn(branch, member)) return branch
  const { [member]: _, ...children } = branch
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
      // Only one side has the branch: the result has all of it or nothing.
      const kept = rule(a !== undefined, b !== undefined) ? (a ?? b) : undefined
      if (kept !== undefined) result[element] = kept
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

/** The path elements at the root of a set. */
export const elements = (set: FieldSet): ReadonlyArray<string> =>
  Object.keys(set).filter((element) => element !== member)

/** The paths of all members, in the form of conflict messages: `.spec.ports[containerPort=80].protocol`. */
export const paths = (set: FieldSet, prefix = ""): ReadonlyArray<string> =>
  elements(set)
    .toSorted()
    .flatMap((element) => {
      const branch = child(set, element)
      const path = `${prefix}${elementText(element)}`
      return [...(isMember(branch) ? [path] : []), ...paths(childrenOf(branch), path)]
    })

/** The text of a path element in messages. */
export const elementText = (element: string): string => {
  const text = element.slice(2)
  if (element.startsWith("f:")) return `.${text}`
  if (element.startsWith("v:")) return `[=${text}]`
  const keys: unknown = JSON.parse(text)
  const pairs = typeof keys === "object" && keys !== null ? Object.entries(keys) : []
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`
}
