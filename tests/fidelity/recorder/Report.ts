/**
 * `docs/FIDELITY.md`, from a replay.
 */
import * as Fs from "node:fs"
import type { Differences } from "./Differences.ts"
import type { Compared } from "./Replay.ts"

const file = new URL("../../../docs/FIDELITY.md", import.meta.url)

export const read = (): string => Fs.readFileSync(file, "utf8")

export const write = (text: string): void => Fs.writeFileSync(file, text)

export const text = (version: string, all: ReadonlyArray<Compared>, differences: Differences): string => {
  const agreeing = all.filter(({ agrees }) => agrees).length
  return `# Fidelity

The API server in memory, compared with a real one: kube-apiserver ${version} with its default admission, without
controllers. ${all.length} requests were recorded and are asked again by every \`npm test\`: **${agreeing} of ${all.length}
(${percent(agreeing, all.length)}) are answered the same**. This page is written by \`node tests/fidelity/report.ts\`.

Compared are the status, the content type, \`Warning\` and \`Retry-After\`, and the whole body with every message, cause
and managed field; for a watch, its events in order. An id, an address or a version of one server stands for one of the
other, the same throughout a scenario, and later versions for later ones; all times of a run are one, and so are all names
that were drawn. Several \`Warning\` headers count as one list. Not compared are the order of managed fields, of JSON
fields, of managers in conflict and of what breaks a schema: a real server changes them from one time to the next. A request
that differs often makes later ones of its scenario differ, too; they count.

\`node tests/fidelity/record.ts --check\` asks a real server everything again, and says what it answers otherwise than when
it was recorded: nothing, but that a watch of two seconds tells more or fewer bookmarks; on a busy machine it also tells less of
the end, and objects in tables are a second older.

| area | agrees | differs |
| --- | ---: | ---: |
${areas(all)}

## Not asked

Validation of fields of built-in kinds beyond a sample, quota, webhooks, admission policies, RBAC, protobuf and CBOR,
discovery and OpenAPI, watches from \`resourceVersion=0\` (they may begin in the past on a real server), compaction while
a client reads, and everything that controllers do.

## Differences

What the real server does, and in how many cases. \`tests/fidelity/corpus/differences.json\` names them all.

${listed(differences)}
`
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

const areas = (all: ReadonlyArray<Compared>): string => {
  const counts = new Map<string, readonly [agrees: number, differs: number]>()
  for (const { agrees, area } of all) {
    const [yes, no] = counts.get(area) ?? [0, 0]
    counts.set(area, agrees ? [yes + 1, no] : [yes, no + 1])
  }
  return [...counts].map(([area, [yes, no]]) => `| ${area} | ${yes} | ${no} |`).join("\n")
}

const listed = (differences: Differences): string =>
  Object.entries(differences)
    .toSorted(([left, some], [right, others]) => others.length - some.length || (left < right ? -1 : 1))
    .map(([reason, cases]) => `- ${cases.length} × ${escaped(reason)} (${cases[0] ?? ""})`)
    .join("\n")

const escaped = (reason: string): string => reason.replaceAll(/[<>*_|[\]`]/gu, "\\$&")
