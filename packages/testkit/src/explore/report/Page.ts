/**
 * A simulated run as one HTML page that loads nothing. Time runs down the page. Every participant and every object has
 * a lane, and a line leads from each version to the passes that read it.
 */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type * as TestCluster from "../../harness/TestCluster.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as Schedule from "../Schedule.ts"
import type { SimulatedRun } from "../Simulation.ts"
import type { Lane } from "./page/Lanes.ts"
import * as Lanes from "./page/Lanes.ts"
import { script } from "./page/Script.ts"
import { style } from "./page/Style.ts"
import * as Timeline from "./Timeline.ts"
import * as Wording from "./Wording.ts"

export interface Options {
  readonly title: string
}

/** A longer timeline is cut to the most relevant entries. */
const ENTRIES_MAX = 400
/** Characters of a request body that are shown. */
const BODY_LENGTH_MAX = 4_000

/** The page as text. Every text of the run is escaped, and the page is readable without its script. */
export const page = (run: SimulatedRun, { title }: Options): string => {
  const timeline = Timeline.of(run)
  const lanes = Lanes.of(timeline, run.findings)
  const name = escaped(title)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${name}</title>
<style>${style}</style>
</head>
<body style="--participants:${count(lanes, "participant")};--objects:${count(lanes, "object")}">
<header>
<h1>${name}</h1>
<div class="summary">
${result(run)}
${schedule(run)}
</div>
</header>
<main>
${legend}
${chart(timeline, lanes, run)}
</main>
<script>${script}</script>
</body>
</html>
`
}

const escaped = (text: string): string => text.replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`)

const count = (lanes: ReadonlyArray<Lane>, kind: Lane["kind"]): number =>
  lanes.filter((lane) => lane.kind === kind).length

const statementOf = (invariant: string | undefined): string =>
  Invariants.invariants.find(({ name }) => name === invariant)?.statement ?? ""

const describeFinding = ({ invariant, message }: TestCluster.Finding): string =>
  invariant === undefined
    ? escaped(message)
    : `<b title="${escaped(statementOf(invariant))}">${invariant}</b> ${escaped(message)}`

const result = ({ findings }: SimulatedRun): string => {
  if (findings.length === 0)
    return `<p class="passed">No violations: every object converged and every invariant held.</p>`
  const invariants = [
    ...new Set(findings.map(({ invariant }) => invariant).filter((invariant) => invariant !== undefined))
  ]
  return `<section class="failed" aria-label="Violations">
<ul>${findings.map((finding) => `<li>${describeFinding(finding)}</li>`).join("")}</ul>
<dl>${invariants.map((invariant) => `<dt>${invariant}</dt><dd>${escaped(statementOf(invariant))}</dd>`).join("")}</dl>
</section>`
}

const schedule = (run: SimulatedRun): string =>
  `<section class="schedule" aria-label="Schedule"><h2>Schedule</h2>
<ol>${run.schedule.map((action) => `<li>${escaped(Schedule.describe(action))}</li>`).join("")}</ol></section>`

const legend = `<p class="legend">
<span><i class="dot">1</i> call or action</span>
<span><i class="bar"></i> pass</span>
<span><i class="chip">@7</i> new object version</span>
<span><i class="thread"></i> version → pass that read it</span>
<span><i class="thread stale"></i> newer version that a stale read missed</span>
<span><i class="dot violation">1</i> violation</span>
<span class="keys">↑ ↓ move, n next violation, Esc clear</span>
</p>`

/** What a row is drawn from, besides its entry. */
interface Drawing {
  readonly timeline: Timeline.Timeline
  readonly lanes: ReadonlyArray<Lane>
  readonly involved: ReadonlySet<number>
}

const chart = (timeline: Timeline.Timeline, lanes: ReadonlyArray<Lane>, { findings }: SimulatedRun): string => {
  const drawing = { timeline, lanes, involved: Timeline.involved(timeline, findings) }
  const entries = Timeline.select(timeline, findings, ENTRIES_MAX)
  const rows = entries.map((entry, index) => {
    const before = entries[index - 1]
    return gap(entry.index - (before?.index ?? -1) - 1) + row(entry, drawing, entry.at === before?.at)
  })
  const omitted = timeline.entries.length - (entries.at(-1)?.index ?? -1) - 1
  const heads = lanes.map(
    (lane) => `<span class="lane ${lane.kind} ${lane.colour}"><b>${escaped(lane.name)}</b></span>`
  )
  return `<div class="chart">
<svg class="threads" aria-hidden="true"></svg>
<div class="row heads" aria-hidden="true"><span class="time">min:s</span>${heads.join("")}<span class="words"></span></div>
<ol>${rows.join("")}${gap(omitted)}${timeline.findings.map(findingItem).join("")}</ol>
</div>`
}

const gap = (omitted: number): string =>
  omitted === 0 ? "" : `<li class="gap">${Timeline.describeOmitted(omitted)}</li>`

const findingItem = (finding: TestCluster.Finding): string => `<li class="finding">${describeFinding(finding)}</li>`

const row = (entry: Timeline.Entry, { involved, lanes, timeline }: Drawing, isSameTime: boolean): string => {
  const { at, call, findings, index, kind, source, who } = entry
  const threads = [
    source?.from === undefined ? "" : ` data-from="m${source.from}"`,
    source?.newer === undefined ? "" : ` data-newer="m${source.newer}"`,
    source === undefined ? "" : ` data-object="${escaped(source.object)}"`
  ].join("")
  const isViolation = kind === "call" && involved.has(index)
  const classes = `row ${kind}${isViolation ? " violation" : ""}${source?.newer === undefined ? "" : " stale"}`
  const colour = lanes.find((lane) => lane.kind === "participant" && lane.has(entry))?.colour ?? ""
  const words = Timeline.describe(entry, timeline).map(escaped).join("; ")
  return `<li class="${classes}" id="m${index}" tabindex="-1"${threads}>
<time class="time${isSameTime ? " same" : ""}">${Wording.time(at)}</time>${lanes.map((lane) => cell(lane, entry)).join("")}
<div class="words"><span class="who ${colour}">${escaped(who)}</span> ${words}${requestBody(call?.sent)}</div></li>
${findings.map(findingItem).join("")}`
}

const cell = (lane: Lane, entry: Timeline.Entry): string => {
  const { index } = entry
  const exists = lane.from <= index && index <= lane.to
  const classes = ["lane", lane.kind, lane.colour, exists ? "exists" : "", lane.isBusy(index) ? "busy" : ""]
  return `<span class="${classes.filter((name) => name !== "").join(" ")}">${mark(lane, entry)}</span>`
}

const mark = (lane: Lane, entry: Timeline.Entry): string => {
  if (!lane.has(entry)) return ""
  if (lane.kind === "participant") return `<i class="dot">${lane.sign}</i>`
  return entry.versions
    .filter((version) => lane.has({ ...entry, versions: [version] }))
    .map(({ isDeleted, object, version }) => {
      const name = escaped(`${object} @${version}`)
      return `<i class="chip${isDeleted ? " deleted" : ""}" title="${name}" data-object="${escaped(object)}">@${escaped(version)}</i>`
    })
    .join("")
}

/** The body of a request, collapsed. */
const requestBody = (sent: unknown): string => {
  const json = Json.fromUnknown(sent)
  if (!Json.isObject(json)) return ""
  const text = JSON.stringify(json, null, 2)
  const shown = text.length > BODY_LENGTH_MAX ? `${text.slice(0, BODY_LENGTH_MAX)}\n…` : text
  return ` <details><summary>request body</summary><pre>${escaped(shown)}</pre></details>`
}
