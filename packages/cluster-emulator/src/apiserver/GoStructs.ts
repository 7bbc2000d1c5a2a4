/**
 * Pods and claims as error messages of kube-apiserver print them: the internal Go structs, with Go field names in
 * declaration order and unset fields. These structs are nearly those of `BuiltInFields`. Changes are printed as a diff.
 */
import type { Field, Type } from "./BuiltInFields.ts"
import { fieldsOf } from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { isArray, isObject, isSet, objectOf, without } from "./Json.ts"

/** The internal Go struct of a value. `struct` is its name in `BuiltInFields`. The order of fields is significant. */
export const toGoStruct = (value: JsonObject, struct: string): JsonObject => {
  if (struct === "PodTemplateSpec")
    return { ...objectOf(value.metadata), Spec: toGoStruct(objectOf(value.spec), "PodSpec") }
  if (struct === "PodSpec") return podSpec(value)
  return toGoFields(value, [...fieldsOf(struct).values()])
}

/** The internal struct has the fields about namespaces of the node in `SecurityContext`. */
const podSpec = (spec: JsonObject): JsonObject => {
  const shared = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"]
  const fields = fieldsOf("PodSpec")
  const own = [...fields.values()].filter(({ name }) => name !== "serviceAccount" && !shared.includes(name))
  const all = toGoFields(without(spec, ...shared), own)
  const sharing = shared.flatMap((name) => fields.get(name) ?? [])
  const security = toGoStruct(objectOf(spec.securityContext), "PodSecurityContext")
  return { ...all, SecurityContext: { ...toGoFields(spec, sharing), ...security } }
}

const toGoFields = (value: JsonObject, fields: ReadonlyArray<Field>): JsonObject =>
  Object.fromEntries(
    inOrder(fields).map((field): [string, Json] => [goName(field.name), toGoValue(value[field.name], field)])
  )

/** Fields at another position than in v1, with the field that they follow. */
const reordered: { readonly [field: string]: string } = {
  enableServiceLinks: "overhead",
  fsGroupChangePolicy: "fsGroup",
  preemptionPolicy: "priority",
  quobyte: "rbd",
  setHostnameAsFQDN: "subdomain"
}

const inOrder = (fields: ReadonlyArray<Field>): ReadonlyArray<Field> =>
  fields
    .filter(({ name }) => reordered[name] === undefined)
    .flatMap((field) => [field, ...fields.filter(({ name }) => reordered[name] === field.name)])

const initialism = /^(?:api|aws|csi|dns|fc|fs|gce|gmsa|grpc|http|ip|iscsi|nfs|os|rbd|se|tcp|tty|uid)(?![a-z])/u

const goNames: { readonly [field: string]: string } = { cephfs: "CephFS", storageos: "StorageOS" }

const goName = (name: string): string => {
  const first = initialism.exec(name)?.[0] ?? name.slice(0, 1)
  return goNames[name] ?? `${first.toUpperCase()}${name.slice(first.length)}`
}

const toGoValue = (value: Json | undefined, { isPointer, type }: Pick<Field, "isPointer" | "type">): Json => {
  if (!isSet(value)) return isPointer ? null : zeroOf(type)
  switch (type._tag) {
    case "Struct":
      // The internal struct embeds the v1 struct.
      return type.struct === "LabelSelector" ? value : toGoStruct(objectOf(value), type.struct)
    case "List":
      return isArray(value) ? value.map((item) => toGoValue(item, { isPointer: false, type: type.of })) : value
    case "Map":
      return isObject(value) ? sorted(value) : value
    default:
      return value
  }
}

const sorted = (map: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)))

const zeroOf = (type: Type): Json => {
  switch (type._tag) {
    case "Struct":
      return toGoStruct({}, type.struct)
    case "Bool":
      return false
    case "Integer":
      return 0
    case "String":
      return ""
    default:
      return null
  }
}

/** The change of a struct as a unified diff. */
export const difference = (before: JsonObject, after: JsonObject, struct: string): string => {
  const [left, right] = [before, after].map((value) => JSON.stringify(toGoStruct(value, struct), null, 1).split("\n"))
  return hunks(changes(left ?? [], right ?? []))
}

type Lines = ReadonlyArray<string>

interface Line {
  readonly sign: " " | "-" | "+"
  readonly text: string
}

const signed = (sign: Line["sign"], lines: Lines): ReadonlyArray<Line> => lines.map((text) => ({ sign, text }))

/** A line diff: splits at the longest common run, and recurses into both sides. */
const changes = (left: Lines, right: Lines): ReadonlyArray<Line> => {
  const { length, start, to } = longestCommonRun(left, right)
  if (length === 0) return [...signed("-", left), ...signed("+", right)]
  return [
    ...changes(left.slice(0, start), right.slice(0, to)),
    ...signed(" ", left.slice(start, start + length)),
    ...changes(left.slice(start + length), right.slice(to + length))
  ]
}

const longestCommonRun = (left: Lines, right: Lines) => {
  let best = { start: 0, to: 0, length: 0 }
  let above: ReadonlyArray<number> = []
  for (const [row, line] of left.entries()) {
    const runs = right.map((other, column) => (line === other ? (above[column - 1] ?? 0) + 1 : 0))
    for (const [column, length] of runs.entries()) {
      if (length > best.length) best = { start: row - length + 1, to: column - length + 1, length }
    }
    above = runs
  }
  return best
}

const CONTEXT_LINES = 3

const hunks = (lines: ReadonlyArray<Line>): string => {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1).some(({ sign }) => sign !== " ")
  )
  let text = ""
  for (let start = isNear.indexOf(true); start >= 0; ) {
    const end = isNear.indexOf(false, start)
    const hunk = lines.slice(start, end < 0 ? lines.length : end)
    const [from, to] = (["-", "+"] as const).map((sign) => range(lines.slice(0, start), hunk, sign))
    text += `@@ -${from} +${to} @@\n${hunk.map((line) => `${line.sign}${line.text}\n`).join("")}`
    start = end < 0 ? end : isNear.indexOf(true, end)
  }
  return text
}

/** The first line and the number of lines of a hunk, on the side of the sign. */
const range = (before: ReadonlyArray<Line>, hunk: ReadonlyArray<Line>, sign: "-" | "+"): string => {
  const count = (lines: ReadonlyArray<Line>) => lines.filter((line) => line.sign === " " || line.sign === sign).length
  const [first, length] = [count(before) + 1, count(hunk)]
  return length === 1 ? `${first}` : `${length === 0 ? first - 1 : first},${length}`
}
