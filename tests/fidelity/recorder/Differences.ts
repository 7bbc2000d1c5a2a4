/**
 * The cases in which the server in memory is known to answer otherwise, each with what the real one does.
 */
import * as Fs from "node:fs"
import type { Json } from "../cases/Scenario.ts"
import { canonical } from "./Corpus.ts"
import type { Compared } from "./Replay.ts"
import type { Answer } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** What the real server does, and the cases that show it. */
export type Differences = { readonly [reason: string]: ReadonlyArray<string> }

const file = new URL("../corpus/differences.json", import.meta.url)

export const read = (): Differences => {
  const known: Differences = JSON.parse(Fs.readFileSync(file, "utf8"))
  return known
}

export const write = (differences: Differences): void =>
  Fs.writeFileSync(file, `${JSON.stringify(differences, null, 2)}\n`)

/** The differences of a replay, sorted by reason. */
export const of = (all: ReadonlyArray<Compared>): Differences => {
  const byReason: Record<string, Array<string>> = {}
  for (const { agrees, name, ours, real } of all) {
    if (agrees) continue
    const reason = reasonOf(real, ours)
    byReason[reason] = [...(byReason[reason] ?? []), name]
  }
  return Object.fromEntries(Object.entries(byReason).sort(([left], [right]) => (left < right ? -1 : 1)))
}

const reasonOf = (real: Answer, ours: Answer): string => {
  if (real.code !== ours.code) return `answers ${summary(real)}, not ${summary(ours)}`
  const [realSays, oursSays] = [messageOf(real), messageOf(ours)]
  if (realSays !== oursSays) return `says ${real.code} ${short(realSays)}, not ${short(oursSays)}`
  const fields = [...new Set(different({ ...real }, { ...ours }, ""))].sort()
  const more = fields.length > FIELDS_SHOWN ? ` and ${fields.length - FIELDS_SHOWN} more` : ""
  return `has another ${fields.slice(0, FIELDS_SHOWN).join(", ")}${more}`
}

const FIELDS_SHOWN = 3

const summary = (answer: Answer): string => `${answer.code} ${short(messageOf(answer))}`.trim()

const messageOf = ({ body }: Answer): string =>
  isObject(body) && body.kind === "Status" && typeof body.message === "string" ? body.message : ""

/** A message without what differs from case to case. */
const short = (message: string): string => {
  const plain = message
    .replaceAll(/\{.*\}/gsu, "{…}")
    .replaceAll(/"(?:[^"\\]|\\.)*"/gu, "“…”")
    .replaceAll(/\s+/gu, " ")
    .replaceAll(/\p{Cc}/gu, "�")
  return plain.length > 140 ? `${plain.slice(0, 140)}…` : plain
}

/** Paths of what differs; lists are looked into without their indexes. */
const different = (left: unknown, right: unknown, path: string): ReadonlyArray<string> => {
  const [a, b] = [jsonOf(left), jsonOf(right)]
  if (a !== undefined && b !== undefined && canonical(a) === canonical(b)) return []
  if (isList(a) && isList(b) && a.length === b.length)
    return a.flatMap((item, index) => different(item, b[index], path))
  if (!isObject(a) || !isObject(b)) return [path]
  const fields = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...fields].flatMap((field) => different(a[field], b[field], pathTo(path, field)))
}

/** The names inside managed fields are many, and say the same. */
const pathTo = (path: string, field: string): string => {
  if (path.endsWith("fieldsV1")) return path
  return path === "" || path === "body" ? field : `${path}.${field}`
}

const jsonOf = (value: unknown): Json | undefined => {
  if (value === undefined) return undefined
  const copy: Json = JSON.parse(JSON.stringify(value))
  return copy
}
