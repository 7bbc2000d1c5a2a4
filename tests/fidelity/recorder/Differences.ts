/** The known differences: the cases in which the emulated server responds differently from the real one, by reason. */
import * as Fs from "node:fs"
import type { Json } from "../cases/Scenario.ts"
import { canonical } from "./Corpus.ts"
import type { Comparison } from "./Replay.ts"
import type { Response } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** Reason → cases. A reason says what the real server does. */
export type Differences = { readonly [reason: string]: ReadonlyArray<string> }

const file = new URL("../corpus/differences.json", import.meta.url)

export const read = (): Differences => {
  const known: Differences = JSON.parse(Fs.readFileSync(file, "utf8"))
  return known
}

export const write = (differences: Differences): void =>
  Fs.writeFileSync(file, `${JSON.stringify(differences, null, 2)}\n`)

/** The differences among comparisons, sorted by reason. */
export const of = (comparisons: ReadonlyArray<Comparison>): Differences => {
  const byReason: Record<string, Array<string>> = {}
  for (const { agrees, name, other, real } of comparisons) {
    if (agrees) continue
    const reason = reasonOf(real, other)
    byReason[reason] = [...(byReason[reason] ?? []), name]
  }
  return Object.fromEntries(Object.entries(byReason).sort(([left], [right]) => (left < right ? -1 : 1)))
}

const reasonOf = (real: Response, other: Response): string => {
  if (real.code !== other.code) return `answers ${summary(real)}, not ${summary(other)}`
  const [realMessage, otherMessage] = [messageOf(real), messageOf(other)]
  if (realMessage !== otherMessage) return `says ${real.code} ${short(realMessage)}, not ${short(otherMessage)}`
  const fields = [...new Set(differentPaths({ ...real }, { ...other }, ""))].sort()
  const omitted = fields.length > FIELDS_SHOWN ? ` and ${fields.length - FIELDS_SHOWN} more` : ""
  return `has another ${fields.slice(0, FIELDS_SHOWN).join(", ")}${omitted}`
}

const FIELDS_SHOWN = 3

const summary = (response: Response): string => `${response.code} ${short(messageOf(response))}`.trim()

const messageOf = ({ body }: Response): string =>
  isObject(body) && body.kind === "Status" && typeof body.message === "string" ? body.message : ""

/** A message without the parts that differ from case to case. */
const short = (message: string): string => {
  const plain = message
    .replaceAll(/\{.*\}/gsu, "{…}")
    .replaceAll(/"(?:[^"\\]|\\.)*"/gu, "“…”")
    .replaceAll(/\s+/gu, " ")
    .replaceAll(/\p{Cc}/gu, "�")
  return plain.length > 140 ? `${plain.slice(0, 140)}…` : plain
}

/** Paths of the fields that differ, without list indexes. */
const differentPaths = (left: unknown, right: unknown, path: string): ReadonlyArray<string> => {
  const [a, b] = [jsonOf(left), jsonOf(right)]
  if (a !== undefined && b !== undefined && canonical(a) === canonical(b)) return []
  if (isList(a) && isList(b) && a.length === b.length)
    return a.flatMap((item, index) => differentPaths(item, b[index], path))
  if (!isObject(a) || !isObject(b)) return [path]
  const fields = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...fields].flatMap((field) => differentPaths(a[field], b[field], pathTo(path, field)))
}

/** Paths end at `fieldsV1`: the fields below it all have the same reason. */
const pathTo = (path: string, field: string): string => {
  if (path.endsWith("fieldsV1")) return path
  return path === "" || path === "body" ? field : `${path}.${field}`
}

const jsonOf = (value: unknown): Json | undefined => {
  if (value === undefined) return undefined
  const copy: Json = JSON.parse(JSON.stringify(value))
  return copy
}
