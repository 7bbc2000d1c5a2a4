/**
 * A life as one line of moments, each with what it was made from: which version a turn read and who had written it, which
 * version a write was made on and which it made, and what others changed in between.
 */
import { ObjectMeta } from "@portolan/planner"
import type { Finding } from "../../harness/TestCluster.ts"
import type { Begin, Change, Mark } from "../../harness/Trace.ts"
import * as History from "../../invariants/History.ts"
import type { Call } from "../../services/CallLog.ts"
import type { SimulatedRun } from "../Simulator.ts"
import * as Difference from "./Difference.ts"
import * as Wording from "./Wording.ts"

/** One version of an object that came to be. */
export interface Version {
  /** As in a ledger: `Widget default/w`. */
  readonly object: string
  readonly version: string
  /** It was deleted. */
  readonly isGone: boolean
  /** What differs from the version before. */
  readonly words: string
}

/** A version that somebody went by. */
interface Source {
  readonly object: string
  readonly version: string
  /** The moment that made it; `undefined` for what was there from the start. */
  readonly from: number | undefined
  /** The moment that had made a newer one by then: what was read was stale. */
  readonly newer: number | undefined
}

export interface Moment {
  /** Its place in the timeline, from 0. */
  readonly index: number
  /** Milliseconds of the test's clock since the first moment. */
  readonly at: number
  /** `user`, `node`, `clock`, `fault`; a process; or one of a cluster's own controllers. */
  readonly who: string
  readonly kind: "mark" | "pass" | "call" | "change"
  /** One sentence without its subject. */
  readonly what: string
  readonly call: Call | undefined
  /** `process-1/3`: the turn that begins here, or that a call was made in. */
  readonly pass: string | undefined
  readonly source: Source | undefined
  readonly made: ReadonlyArray<Version>
  /** What this call shows, the last of those that do. */
  readonly findings: ReadonlyArray<Finding>
}

export interface Timeline {
  readonly moments: ReadonlyArray<Moment>
  /** Findings that no call shows; they are about the end. */
  readonly findings: ReadonlyArray<Finding>
}

/** Everything that happened, in order. Turns that made no call are left out: they saw nothing to do. */
export const of = (run: SimulatedRun): Timeline => {
  const teller = new TimelineBuilder(run)
  const items = [
    ...run.trace.marks.map((mark) => ({ order: mark.order, position: mark.position, notify: () => teller.mark(mark) })),
    ...run.trace.begins.map((each) => ({
      order: each.order,
      position: each.position,
      notify: () => teller.begin(each)
    })),
    ...run.trace.changes
      .filter(({ plural }) => plural !== "events")
      .map((each) => ({ order: each.order, position: each.position, notify: () => teller.change(each) }))
  ].sort((left, right) => left.order - right.order)
  let next = 0
  const tellUntil = (position: number) => {
    for (let item = items[next]; item !== undefined && item.position <= position; item = items[++next]) item.notify()
  }
  for (const call of run.calls) {
    tellUntil(call.index)
    teller.call(call)
  }
  tellUntil(Number.POSITIVE_INFINITY)
  const start = teller.moments[0]?.at ?? 0
  const moments = teller.moments.map((moment) => ({ ...moment, at: moment.at - start }))
  return { moments, findings: run.findings.filter(({ calls }) => calls.length === 0) }
}

/** The moments that the findings name, and with them the turns they were made in. */
export const named = ({ moments }: Timeline, findings: ReadonlyArray<Finding>): ReadonlySet<number> => {
  const calls = new Set(findings.flatMap((finding) => finding.calls))
  const shown = moments.filter(({ call }) => call !== undefined && calls.has(call.index))
  const passes = new Set(shown.map(({ pass }) => pass))
  const begins = moments.filter(({ kind, pass }) => kind === "pass" && passes.has(pass))
  return new Set([...shown, ...begins].map(({ index }) => index))
}

/** How many moments after the last that matters are worth a look. */
const AFTER = 5

/**
 * At most so many moments, in order: those that findings name, then what they went by and what changed their objects,
 * then the nearest to them, a few after the last. Without a named one, those nearest to the end.
 */
export const chosen = (timeline: Timeline, findings: ReadonlyArray<Finding>, count: number): ReadonlyArray<Moment> => {
  const { moments } = timeline
  const core = named(timeline, findings)
  const sources = new Set(
    moments.flatMap(({ index, source }) => (core.has(index) ? [source?.from, source?.newer] : []))
  )
  const about = new Set(moments.flatMap((moment) => (core.has(moment.index) ? objectsOf(moment) : [])))
  const rank = (moment: Moment): number => {
    if (core.has(moment.index)) return 0
    if (sources.has(moment.index)) return 1
    const isChange = moment.made.some(({ object }) => about.has(object))
    return isChange || moment.kind === "mark" ? 2 : 3
  }
  const centres = core.size === 0 ? [moments.length] : [...core]
  const distance = ({ index }: Moment): number => Math.min(...centres.map((centre) => Math.abs(centre - index)))
  const end = Math.max(...centres) + AFTER
  return moments
    .filter(({ index }) => index <= end)
    .map((moment) => ({ moment, weight: rank(moment) * moments.length + distance(moment) }))
    .sort((left, right) => left.weight - right.weight)
    .slice(0, count)
    .map(({ moment }) => moment)
    .sort((left, right) => left.index - right.index)
}

const objectsOf = ({ call, made, source }: Moment): ReadonlyArray<string> => [
  ...made.map(({ object }) => object),
  ...(source === undefined ? [] : [source.object]),
  ...(call === undefined ? [] : [call.target])
]

/** A moment in words: what was done, by whom what was read had been written, and what came of it. */
export const describeFindings = (moment: Moment, { moments }: Timeline): ReadonlyArray<string> => {
  const { kind, made, source, what } = moment
  const writer = moments[source?.from ?? Number.NaN]
  const newer = moments[source?.newer ?? Number.NaN]
  const read = kind === "pass" && writer !== undefined ? `${what}, written by ${writer.who}` : what
  const versions = made.map(({ isGone, object, version, words }) => {
    const name = what.includes(object) ? "" : `${object} `
    return isGone ? `→ ${name}gone` : `→ ${name}@${version}: ${words}`
  })
  const [first, ...others] = versions
  return [
    ...(first === undefined ? [read] : [`${read} ${first}`.trimStart()]),
    ...others,
    ...(newer === undefined ? [] : [`stale, for ${newer.who} has made @${versionOf(newer, source)}`])
  ]
}

const versionOf = ({ made }: Moment, source: Source | undefined): string =>
  made.find(({ object }) => object === source?.object)?.version ?? "?"

/** The latest state of an object, and the moment that made it. */
interface Known {
  readonly object: ObjectMeta.KubernetesObject
  readonly moment: number | undefined
}

const textOfObject = ({ kind, metadata }: ObjectMeta.KubernetesObject): string =>
  metadata.namespace === undefined ? `${kind} ${metadata.name}` : `${kind} ${metadata.namespace}/${metadata.name}`

const reconcileOther = (process: string, number: number): string => `${process}/${number}`

class TimelineBuilder {
  readonly moments: Array<Moment> = []
  readonly #run: SimulatedRun
  readonly #latest = new Map<string, Known>()
  readonly #makers = new Map<string, number>()
  readonly #tasks = new Map<string, string>()
  /** Turns that have not been told of. */
  #passes: ReadonlyArray<History.PassCalls>
  /** Versions that the next call will turn out to have made. */
  #own: Array<Version> = []

  constructor(run: SimulatedRun) {
    this.#run = run
    this.#passes = History.passes(run.calls)
  }

  mark({ at, what, who }: Mark): void {
    this.#push({ at, who, kind: "mark", what })
  }

  begin({ at, key, position, process }: Begin): void {
    const pass = this.#passes.find((each) => each.process === process)
    const first = pass?.calls[0]
    if (pass === undefined || first === undefined || first.index < position) return
    const next = this.#run.trace.begins.find((each) => each.process === process && each.position > position)
    const isIdle = next !== undefined && next.position <= first.index
    if (!isIdle && ObjectMeta.keyText(pass.key) === ObjectMeta.keyText(key)) this.#reconcile(at, pass)
  }

  #reconcile(at: number, pass: History.PassCalls): void {
    this.#passes = this.#passes.filter((each) => each !== pass)
    const { key, number, process, observedVersion: seen } = pass
    const what = `turn ${number} reads ${ObjectMeta.keyText(key)} @${seen}`
    const source = this.#sourceOf(ObjectMeta.keyText(key), seen)
    this.#push({ at, who: process, kind: "pass", what, pass: reconcileOther(process, number), source })
  }

  change(change: Change): void {
    const { at, by, object, position, type } = change
    const name = textOfObject(object)
    const version = object.metadata.resourceVersion
    const before = this.#latest.get(name)?.object
    const isGone = type === "DELETED"
    const made: Version = { object: name, version, isGone, words: isGone ? "gone" : Difference.words(before, object) }
    for (const { id, type } of History.planOf(object)?.tasks ?? []) this.#tasks.set(id, type)
    const isOwn = isMadeBy(this.#run.calls[position], change)
    const last = this.moments.at(-1)
    if (isOwn) this.#own.push(made)
    else if (last?.kind === "mark" && last.who !== "fault" && by === "somebody" && last.at === at) {
      this.moments[last.index] = { ...last, made: [...last.made, made] }
    } else this.#push({ at, who: by, kind: "change", what: "", made: [made] })
    const moment = isOwn ? this.moments.length : this.moments.length - 1
    this.#latest.set(name, { object, moment })
    this.#makers.set(`${name} ${version}`, moment)
  }

  call(call: Call): void {
    const { at, process, target, pass } = call
    const untold = this.#passes.find((each) => each.calls[0] === call)
    if (untold !== undefined) this.#reconcile(at, untold)
    const isWrite = call.verb === "patchStatus" || call.verb === "setFinalizers"
    const seen = call.before?.metadata.resourceVersion
    const what = Wording.call(call, this.#tasks)
    const source = isWrite && seen !== undefined ? this.#sourceOf(target, seen) : undefined
    this.#push({
      at,
      who: process,
      kind: "call",
      what,
      call,
      pass: pass === undefined ? undefined : reconcileOther(process, pass.number),
      source: source === undefined ? undefined : { ...source, newer: undefined },
      made: this.#own,
      findings: this.#run.findings.filter(({ calls }) => calls.length > 0 && Math.max(...calls) === call.index)
    })
    this.#own = []
  }

  #push(moment: Pick<Moment, "at" | "who" | "kind" | "what"> & Partial<Moment>): void {
    const { call, findings = [], made = [], source, pass } = moment
    this.moments.push({ ...moment, index: this.moments.length, call, pass, source, made, findings })
  }

  /** What was read or written on, against what is stored now. */
  #sourceOf(object: string, version: string): Source {
    const latest = this.#latest.get(object)
    const isStale = latest !== undefined && latest.object.metadata.resourceVersion !== version
    return {
      object,
      version,
      from: this.#makers.get(`${object} ${version}`),
      newer: isStale ? latest.moment : undefined
    }
  }
}

/** Whether a change is what a call did, and not what somebody else did just before it. */
const isMadeBy = (call: Call | undefined, { object, type }: Change): boolean => {
  if (call === undefined) return false
  const { after, before } = call
  return type === "DELETED"
    ? after === undefined && before?.metadata.uid === object.metadata.uid
    : after?.metadata.uid === object.metadata.uid &&
        after.metadata.resourceVersion === object.metadata.resourceVersion &&
        before?.metadata.resourceVersion !== object.metadata.resourceVersion
}
