/**
 * Builds the timeline of a simulated run: one entry for each thing that happened, with the version that a pass read and
 * who wrote it, the version that a write was based on and the one that it made, and the changes by others in between.
 */
import { ObjectMeta } from "@portolan/planner"
import type { Finding } from "../../harness/TestCluster.ts"
import type { Begin, Change, Mark } from "../../harness/Trace.ts"
import * as History from "../../invariants/History.ts"
import * as StoredStatus from "../../invariants/StoredStatus.ts"
import type { Call } from "../../services/CallLog.ts"
import type { SimulatedRun } from "../Simulation.ts"
import * as Difference from "./Difference.ts"
import * as Wording from "./Wording.ts"

/** A new version of an object. */
interface Version {
  /** As in a call log: `Widget default/w`. */
  readonly object: string
  readonly version: string
  readonly isDeleted: boolean
  /** What differs from the version before. */
  readonly difference: string
}

/** The version that a pass read or that a write was based on. */
interface Source {
  readonly object: string
  readonly version: string
  /** The entry that made this version; `undefined` for objects that existed from the start. */
  readonly from: number | undefined
  /** The entry that made a newer version before: what was read was stale. */
  readonly newer: number | undefined
}

export interface Entry {
  /** Position in the timeline, from 0. */
  readonly index: number
  /** Milliseconds of the test clock since the first entry. */
  readonly at: number
  /** `user`, `node`, `clock` or `fault`; a process of the controller; or a controller of the cluster. */
  readonly who: string
  readonly kind: "mark" | "pass" | "call" | "change"
  /** A sentence without its subject. */
  readonly what: string
  readonly call: Call | undefined
  /** `process-1/3`: the pass that starts here, or the pass of the call. */
  readonly pass: string | undefined
  readonly source: Source | undefined
  readonly versions: ReadonlyArray<Version>
  /** The findings whose last call is this one. */
  readonly findings: ReadonlyArray<Finding>
}

export interface Timeline {
  readonly entries: ReadonlyArray<Entry>
  /** Findings without calls, which are about the end of the run. */
  readonly findings: ReadonlyArray<Finding>
}

/** The entries in order. A pass without calls has no entry, because the call log does not contain it. */
export const of = (run: SimulatedRun): Timeline => {
  const builder = new TimelineBuilder(run)
  const { begins, changes, marks } = run.trace
  const recorded = [
    ...marks.map((mark) => ({ ...mark, add: () => builder.addMark(mark) })),
    ...begins.map((begin) => ({ ...begin, add: () => builder.addPassStart(begin) })),
    ...changes
      .filter(({ plural }) => plural !== "events")
      .map((change) => ({ ...change, add: () => builder.addChange(change) }))
  ].sort((left, right) => left.order - right.order)
  let next = 0
  const addUntil = (position: number) => {
    for (let item = recorded[next]; item !== undefined && item.position <= position; item = recorded[++next]) item.add()
  }
  for (const call of run.calls) {
    addUntil(call.index)
    builder.addCall(call)
  }
  addUntil(Number.POSITIVE_INFINITY)
  const start = builder.entries[0]?.at ?? 0
  const entries = builder.entries.map((entry) => ({ ...entry, at: entry.at - start }))
  return { entries, findings: run.findings.filter(({ calls }) => calls.length === 0) }
}

/** The entries of the calls that findings name, and of the passes that made those calls. */
export const involved = ({ entries }: Timeline, findings: ReadonlyArray<Finding>): ReadonlySet<number> => {
  const calls = new Set(findings.flatMap((finding) => finding.calls))
  const callEntries = entries.filter(({ call }) => call !== undefined && calls.has(call.index))
  const passes = new Set(callEntries.map(({ pass }) => pass))
  const passEntries = entries.filter(({ kind, pass }) => kind === "pass" && passes.has(pass))
  return new Set([...callEntries, ...passEntries].map(({ index }) => index))
}

/** How many entries to show after the last involved one. */
const ENTRIES_AFTER = 5

/**
 * At most `count` entries, in order: the involved ones, then their sources and the changes of their objects, then their
 * neighbours, with a few after the last. Without an involved entry, the ones nearest to the end.
 */
export const select = (timeline: Timeline, findings: ReadonlyArray<Finding>, count: number): ReadonlyArray<Entry> => {
  const { entries } = timeline
  const core = involved(timeline, findings)
  const sources = new Set(
    entries.flatMap(({ index, source }) => (core.has(index) ? [source?.from, source?.newer] : []))
  )
  const objects = new Set(entries.flatMap((entry) => (core.has(entry.index) ? objectsOf(entry) : [])))
  const rank = (entry: Entry): number => {
    if (core.has(entry.index)) return 0
    if (sources.has(entry.index)) return 1
    const isChange = entry.versions.some(({ object }) => objects.has(object))
    return isChange || entry.kind === "mark" ? 2 : 3
  }
  const centres = core.size === 0 ? [entries.length] : [...core]
  const distance = ({ index }: Entry): number => Math.min(...centres.map((centre) => Math.abs(centre - index)))
  const end = Math.max(...centres) + ENTRIES_AFTER
  return entries
    .filter(({ index }) => index <= end)
    .map((entry) => ({ entry, weight: rank(entry) * entries.length + distance(entry) }))
    .sort((left, right) => left.weight - right.weight)
    .slice(0, count)
    .map(({ entry }) => entry)
    .sort((left, right) => left.index - right.index)
}

const objectsOf = ({ call, source, versions }: Entry): ReadonlyArray<string> => [
  ...versions.map(({ object }) => object),
  ...(source === undefined ? [] : [source.object]),
  ...(call === undefined ? [] : [call.target])
]

/**
 * An entry as phrases: what happened, who had written what was read, the versions made, and whether the read was stale.
 */
export const describe = (entry: Entry, { entries }: Timeline): ReadonlyArray<string> => {
  const { kind, source, versions, what } = entry
  const writer = entries[source?.from ?? Number.NaN]
  const newer = entries[source?.newer ?? Number.NaN]
  const action = kind === "pass" && writer !== undefined ? `${what}, written by ${writer.who}` : what
  const [first, ...others] = versions.map(({ difference, isDeleted, object, version }) => {
    const name = what.includes(object) ? "" : `${object} `
    return isDeleted ? `→ ${name}deleted` : `→ ${name}@${version}: ${difference}`
  })
  return [
    ...(first === undefined ? [action] : [`${action} ${first}`.trimStart()]),
    ...others,
    ...(newer === undefined ? [] : [`stale: ${newer.who} has written @${versionOf(newer, source)}`])
  ]
}

/** `… 3 more entries` */
export const describeOmitted = (count: number): string => `… ${count} more ${count === 1 ? "entry" : "entries"}`

const versionOf = ({ versions }: Entry, source: Source | undefined): string =>
  versions.find(({ object }) => object === source?.object)?.version ?? "?"

/** The latest state of an object, and the entry that made it. */
interface Latest {
  readonly object: ObjectMeta.KubernetesObject
  readonly entry: number | undefined
}

const nameOf = ({ kind, metadata }: ObjectMeta.KubernetesObject): string =>
  metadata.namespace === undefined ? `${kind} ${metadata.name}` : `${kind} ${metadata.namespace}/${metadata.name}`

const passId = (process: string, number: number): string => `${process}/${number}`

class TimelineBuilder {
  readonly entries: Array<Entry> = []
  readonly #run: SimulatedRun
  readonly #latest = new Map<string, Latest>()
  /** The entry that made each version of an object. */
  readonly #entriesByVersion = new Map<string, number>()
  readonly #taskTypes = new Map<string, string>()
  /** Passes without an entry so far. */
  #passes: ReadonlyArray<History.PassCalls>
  /** Versions that the next call makes. The server reports a change before its call is recorded. */
  #versionsOfNextCall: Array<Version> = []

  constructor(run: SimulatedRun) {
    this.#run = run
    this.#passes = History.passes(run.calls)
  }

  addMark({ at, what, who }: Mark): void {
    this.#push({ at, who, kind: "mark", what })
  }

  addPassStart({ at, key, position, process }: Begin): void {
    const pass = this.#passes.find((candidate) => candidate.process === process)
    const first = pass?.calls[0]
    if (pass === undefined || first === undefined || first.index < position) return
    const next = this.#run.trace.begins.find((begin) => begin.process === process && begin.position > position)
    const isWithoutCalls = next !== undefined && next.position <= first.index
    if (!isWithoutCalls && ObjectMeta.keyText(pass.key) === ObjectMeta.keyText(key)) this.#addPass(at, pass)
  }

  #addPass(at: number, pass: History.PassCalls): void {
    this.#passes = this.#passes.filter((candidate) => candidate !== pass)
    const { key, number, observedVersion, process } = pass
    const object = ObjectMeta.keyText(key)
    const what = `pass ${number} reads ${object} @${observedVersion}`
    const source = this.#sourceOf(object, observedVersion)
    this.#push({ at, who: process, kind: "pass", what, pass: passId(process, number), source })
  }

  addChange(change: Change): void {
    const { at, by, object, position, type } = change
    const name = nameOf(object)
    const version = object.metadata.resourceVersion
    const isDeleted = type === "DELETED"
    const difference = isDeleted ? "deleted" : Difference.describe(this.#latest.get(name)?.object, object)
    const made: Version = { object: name, version, isDeleted, difference }
    for (const { id, type } of StoredStatus.planOf(object)?.tasks ?? []) this.#taskTypes.set(id, type)
    const isOfNextCall = isMadeBy(this.#run.calls[position], change)
    const last = this.entries.at(-1)
    if (isOfNextCall) this.#versionsOfNextCall.push(made)
    else if (last?.kind === "mark" && last.who !== "fault" && by === "test-user" && last.at === at) {
      this.entries[last.index] = { ...last, versions: [...last.versions, made] }
    } else this.#push({ at, who: by, kind: "change", what: "", versions: [made] })
    const entry = isOfNextCall ? this.entries.length : this.entries.length - 1
    this.#latest.set(name, { object, entry })
    this.#entriesByVersion.set(`${name} ${version}`, entry)
  }

  addCall(call: Call): void {
    const { at, pass, process, target } = call
    const unstarted = this.#passes.find((candidate) => candidate.calls[0] === call)
    if (unstarted !== undefined) this.#addPass(at, unstarted)
    const isWrite = call.verb === "patchStatus" || call.verb === "setFinalizers"
    const basis = call.before?.metadata.resourceVersion
    const source = isWrite && basis !== undefined ? this.#sourceOf(target, basis) : undefined
    this.#push({
      at,
      who: process,
      kind: "call",
      what: Wording.describeCall(call, this.#taskTypes),
      call,
      pass: pass === undefined ? undefined : passId(process, pass.number),
      source: source === undefined ? undefined : { ...source, newer: undefined },
      versions: this.#versionsOfNextCall,
      findings: this.#run.findings.filter(({ calls }) => calls.length > 0 && Math.max(...calls) === call.index)
    })
    this.#versionsOfNextCall = []
  }

  #push(entry: Pick<Entry, "at" | "who" | "kind" | "what"> & Partial<Entry>): void {
    const { call, findings = [], pass, source, versions = [] } = entry
    this.entries.push({ ...entry, index: this.entries.length, call, pass, source, versions, findings })
  }

  /** A version that was read or written on, compared with the stored one. */
  #sourceOf(object: string, version: string): Source {
    const latest = this.#latest.get(object)
    const isStale = latest !== undefined && latest.object.metadata.resourceVersion !== version
    return {
      object,
      version,
      from: this.#entriesByVersion.get(`${object} ${version}`),
      newer: isStale ? latest.entry : undefined
    }
  }
}

/** True when a call made a change, false when another client made it just before the call. */
const isMadeBy = (call: Call | undefined, { object, type }: Change): boolean => {
  if (call === undefined) return false
  const { after, before } = call
  return type === "DELETED"
    ? after === undefined && before?.metadata.uid === object.metadata.uid
    : after?.metadata.uid === object.metadata.uid &&
        after.metadata.resourceVersion === object.metadata.resourceVersion &&
        before?.metadata.resourceVersion !== object.metadata.resourceVersion
}
