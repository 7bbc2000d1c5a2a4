/** Generates `docs/FIDELITY.md` from a replay. */
import * as Fs from "node:fs"
import type { Differences } from "./Differences.ts"
import type { Comparison } from "./Replay.ts"

const file = new URL("../../../docs/FIDELITY.md", import.meta.url)

export const read = (): string => Fs.readFileSync(file, "utf8")

export const write = (text: string): void => Fs.writeFileSync(file, text)

export const text = (version: string, comparisons: ReadonlyArray<Comparison>, differences: Differences): string => {
  const agreeing = comparisons.filter(({ agrees }) => agrees).length
  return `# Fidelity

How closely the emulated API server follows a real one: kube-apiserver ${version} with its default admission, without
controllers. ${comparisons.length} requests and their responses were recorded. Every \`pnpm test\` sends the requests
to the emulated server and compares the responses: **${agreeing} of ${comparisons.length}
(${percent(agreeing, comparisons.length)}) agree**. \`node tests/fidelity/report.ts\` writes this page.

**Compared** are the status code, the content type, \`Warning\` and \`Retry-After\`, and the whole body with every
message, cause and managed field; for a watch, its events in order.

**Normalized** before the comparison: ids, addresses and resource versions correspond one to one within a scenario,
and later versions to later ones; all times are equal, and so are all generated names. Several \`Warning\` headers
count as one list. The order of managed fields, of JSON fields, of managers in a conflict and of schema errors is
ignored, because it varies on a real server.

A request that differs often causes later requests of its scenario to differ too; they are counted.

\`node tests/fidelity/record.ts --check\` sends every request to a real server again and lists the responses that
differ from the corpus. There are none, except that a watch of two seconds may deliver more or fewer bookmarks. On a
busy machine a watch also delivers fewer events at its end, and ages in tables are a second higher.

| area | agrees | differs |
| --- | ---: | ---: |
${areaRows(comparisons)}

## Not recorded

Validation of fields of built-in kinds beyond a sample, quota, webhooks, admission policies, RBAC, protobuf and CBOR,
discovery and OpenAPI, watches from \`resourceVersion=0\` (on a real server they may start in the past), compaction
during a paginated list, and the behaviour of controllers.

## Differences

What the real server does, the number of cases and one of them. \`tests/fidelity/corpus/differences.json\` lists all
cases.

${differenceList(differences)}
`
}

const percent = (part: number, total: number): string => `${((100 * part) / total).toFixed(1)} %`

const areaRows = (comparisons: ReadonlyArray<Comparison>): string => {
  const counts = new Map<string, readonly [agrees: number, differs: number]>()
  for (const { agrees, area } of comparisons) {
    const [yes, no] = counts.get(area) ?? [0, 0]
    counts.set(area, agrees ? [yes + 1, no] : [yes, no + 1])
  }
  return [...counts].map(([area, [yes, no]]) => `| ${area} | ${yes} | ${no} |`).join("\n")
}

const differenceList = (differences: Differences): string =>
  Object.entries(differences)
    .toSorted(
      ([left, leftCases], [right, rightCases]) => rightCases.length - leftCases.length || (left < right ? -1 : 1)
    )
    .map(([reason, cases]) => `- ${cases.length} × ${escapeMarkdown(reason)} (${cases[0] ?? ""})`)
    .join("\n")

const escapeMarkdown = (reason: string): string => reason.replaceAll(/[<>*_|[\]`]/gu, "\\$&")
