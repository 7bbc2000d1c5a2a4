/**
 * A life as one HTML page without anything from elsewhere: time runs down, every actor and every object has a lane, and
 * light lines lead from the version that was read to whoever read it.
 */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type * as TestCluster from "../../harness/TestCluster.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as Schedule from "../Schedule.ts"
import type { SimulatedRun } from "../Simulator.ts"
import type { Lane } from "./page/Lanes.ts"
import * as Lanes from "./page/Lanes.ts"
import { script } from "./page/Script.ts"
import { style } from "./page/Style.ts"
import * as Timeline from "./Timeline.ts"
import * as Wording from "./Wording.ts"

export interface Options {
  readonly title: string
}

/** More moments than these are cut around those that matter. */
const MOMENTS = 400
/** Characters of what a call sent. */
const SENT = 4_000

/** The page, as the text of a file. Every text of the life is escaped; nothing is loaded, and it reads without script too. */
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
<body style="--actors:${count(lanes, "actor")};--objects:${count(lanes, "object")}">
<header>
<h1>${name}</h1>
<div class="summary">
${verdict(run)}
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

const lawText = (invariant: string | undefined): string =>
  Invariants.invariants.find(({ name }) => name === invariant)?.text ?? ""

const sentence = ({ invariant, message }: TestCluster.Finding): string =>
  invariant === undefined
    ? escaped(message)
    : `<b title="${escaped(lawText(invariant))}">${invariant}</b> ${escaped(message)}`

const verdict = ({ findings }: SimulatedRun): string => {
  if (findings.length === 0) return `<p class="well">All was well: it settled, and every law held.</p>`
  const invariants = [
    ...new Set(findings.map(({ invariant }) => invariant).filter((invariant) => invariant !== undefined))
  ]
  return `<section class="broken" aria-label="What is broken">
<ul>${findings.map((finding) => `<li>${sentence(finding)}</li>`).join("")}</ul>
<dl>${invariants.map((invariant) => `<dt>${invariant}</dt><dd>${escaped(lawText(invariant))}</dd>`).join("")}</dl>
</section>`
}

const schedule = (run: SimulatedRun): string =>
  `<section class="schedule" aria-label="Schedule"><h2>Schedule</h2>
<ol>${run.schedule.map((move) => `<li>${escaped(Schedule.describe(move))}</li>`).join("")}</ol></section>`

const legend = `<p class="legend">
<span><i class="dot">1</i> does something</span>
<span><i class="bar"></i> a turn</span>
<span><i class="chip">@7</i> another version</span>
<span><i class="thread"></i> was read by</span>
<span><i class="thread stale"></i> was newer than what was read</span>
<span><i class="dot guilty">1</i> shows what is broken</span>
<span class="keys">↑ ↓ move, n the next that is broken, Esc none</span>
</p>`

/** What a row is drawn from, beside its moment. */
interface Drawing {
  readonly timeline: Timeline.Timeline
  readonly lanes: ReadonlyArray<Lane>
  /** What findings name. */
  readonly named: ReadonlySet<number>
}

const chart = (timeline: Timeline.Timeline, lanes: ReadonlyArray<Lane>, { findings }: SimulatedRun): string => {
  const drawing = { timeline, lanes, named: Timeline.named(timeline, findings) }
  const moments = Timeline.chosen(timeline, findings, MOMENTS)
  const rows = moments.map((moment, index) => {
    const before = moments[index - 1]
    return gap(moment.index - (before?.index ?? -1) - 1) + row(moment, drawing, moment.at === before?.at)
  })
  const left = timeline.moments.length - (moments.at(-1)?.index ?? -1) - 1
  const heads = lanes.map(
    (lane) => `<span class="lane ${lane.kind} ${lane.colour}"><b>${escaped(lane.name)}</b></span>`
  )
  return `<div class="chart">
<svg class="threads" aria-hidden="true"></svg>
<div class="row heads" aria-hidden="true"><span class="time">min:s</span>${heads.join("")}<span class="words"></span></div>
<ol>${rows.join("")}${gap(left)}${timeline.findings.map(finding).join("")}</ol>
</div>`
}

const gap = (left: number): string =>
  left === 0 ? "" : `<li class="gap">… ${left} ${left === 1 ? "moment" : "moments"} more</li>`

const finding = (each: TestCluster.Finding): string => `<li class="finding">${sentence(each)}</li>`

const row = (moment: Timeline.Moment, { lanes, named, timeline }: Drawing, isSameTime: boolean): string => {
  const { at, call, findings, index, kind, source, who } = moment
  const threads = [
    source?.from === undefined ? "" : ` data-from="m${source.from}"`,
    source?.newer === undefined ? "" : ` data-newer="m${source.newer}"`,
    source === undefined ? "" : ` data-object="${escaped(source.object)}"`
  ].join("")
  const isGuilty = kind === "call" && named.has(index)
  const classes = `row ${kind}${isGuilty ? " guilty" : ""}${source?.newer === undefined ? "" : " stale"}`
  const colour = lanes.find((lane) => lane.kind === "actor" && lane.has(moment))?.colour ?? ""
  const words = Timeline.describeFindings(moment, timeline).map(escaped).join("; ")
  return `<li class="${classes}" id="m${index}" tabindex="-1"${threads}>
<time class="time${isSameTime ? " same" : ""}">${Wording.time(at)}</time>${lanes.map((lane) => cell(lane, moment)).join("")}
<div class="words"><span class="who ${colour}">${escaped(who)}</span> ${words}${sent(call?.sent)}</div></li>
${findings.map(finding).join("")}`
}

const cell = (lane: Lane, moment: Timeline.Moment): string => {
  const { index, made } = moment
  const isThere = lane.from <= index && index <= lane.to
  const classes = ["lane", lane.kind, lane.colour, isThere ? "there" : "", lane.isBusy(index) ? "busy" : ""]
  return `<span class="${classes.filter((each) => each !== "").join(" ")}">${mark(lane, moment, made)}</span>`
}

const mark = (lane: Lane, moment: Timeline.Moment, made: ReadonlyArray<Timeline.Version>): string => {
  if (!lane.has(moment)) return ""
  if (lane.kind === "actor") return `<i class="dot">${lane.sign}</i>`
  return made
    .filter((each) => lane.has({ ...moment, made: [each] }))
    .map(({ isGone, object, version }) => {
      const what = escaped(`${object} @${version}`)
      return `<i class="chip${isGone ? " gone" : ""}" title="${what}" data-object="${escaped(object)}">@${escaped(version)}</i>`
    })
    .join("")
}

/** What a call sent, to be opened. */
const sent = (value: unknown): string => {
  const json = Json.fromUnknown(value)
  if (!Json.isObject(json)) return ""
  const text = JSON.stringify(json, null, 2)
  const shown = text.length > SENT ? `${text.slice(0, SENT)}\n…` : text
  return ` <details><summary>sent</summary><pre>${escaped(shown)}</pre></details>`
}
