/**
 * The lanes of a page: one for each participant and each object, with the entries from which to which each lane runs.
 */
import type { Finding } from "../../../harness/TestCluster.ts"
import * as Timeline from "../Timeline.ts"

export interface Lane {
  /** The heading of the lane. */
  readonly name: string
  readonly kind: "participant" | "object"
  /** One character for the dots of a participant. */
  readonly sign: string
  /** The CSS class of its colour. */
  readonly colour: string
  /** The first and the last entry in which its participant or object exists. */
  readonly from: number
  readonly to: number
  /** True when its participant does something in an entry, or its object gets another version. */
  readonly has: (entry: Timeline.Entry) => boolean
  /** True when a pass of its participant is running at an entry. */
  readonly isBusy: (index: number) => boolean
}

/** Further objects share one lane. */
const OBJECTS_MAX = 6
/** Weight of a change in an entry that a finding involves, against one of any other change. */
const INVOLVED_WEIGHT = 1_000

const OUTSIDE: Readonly<Record<string, string>> = { user: "U", node: "N", clock: "C", fault: "F" }

/** Participants first, then objects: those that findings are about, then those that changed most often. */
export const of = (timeline: Timeline.Timeline, findings: ReadonlyArray<Finding>): ReadonlyArray<Lane> => [
  ...participantLanes(timeline),
  ...objectLanes(timeline, findings)
]

const isProcess = (who: string): boolean => /^process-\d+$/u.test(who)

const participantLanes = ({ entries }: Timeline.Timeline): ReadonlyArray<Lane> => {
  const all = new Set(entries.map(({ who }) => who))
  const isClusterController = (who: string) => OUTSIDE[who] === undefined && !isProcess(who)
  const outside = Object.entries(OUTSIDE)
    .filter(([who]) => all.has(who))
    .map(([who, sign]) => participantLane(entries, who, sign, who, (name) => name === who))
  const processes = [...all]
    .filter(isProcess)
    .sort((left, right) => left.localeCompare(right, "en", { numeric: true }))
    .map((who, index) =>
      participantLane(entries, who, who.slice("process-".length), `process-${index % 4}`, (name) => name === who)
    )
  const others = [...all].some(isClusterController)
    ? [participantLane(entries, "others", "O", "others", isClusterController)]
    : []
  return [...outside, ...processes, ...others]
}

const participantLane = (
  entries: ReadonlyArray<Timeline.Entry>,
  name: string,
  sign: string,
  colour: string,
  includes: (who: string) => boolean
): Lane => {
  const own = entries.filter(({ who }) => includes(who))
  const passes = [...Map.groupBy(own, ({ pass }) => pass)].flatMap(([pass, inPass]) =>
    pass === undefined ? [] : [{ from: inPass[0]?.index ?? 0, to: inPass.at(-1)?.index ?? 0 }]
  )
  return {
    name,
    kind: "participant",
    sign,
    colour,
    from: own[0]?.index ?? 0,
    to: own.at(-1)?.index ?? 0,
    has: ({ who }) => includes(who),
    isBusy: (index) => passes.some(({ from, to }) => from <= index && index <= to)
  }
}

const objectLanes = (timeline: Timeline.Timeline, findings: ReadonlyArray<Finding>): ReadonlyArray<Lane> => {
  const { entries } = timeline
  const involved = Timeline.involved(timeline, findings)
  const weights = new Map<string, number>()
  for (const { index, versions } of entries) {
    for (const { object } of versions) {
      weights.set(object, (weights.get(object) ?? 0) + (involved.has(index) ? INVOLVED_WEIGHT : 1))
    }
  }
  const names = [...weights].sort(([, left], [, right]) => right - left).map(([name]) => name)
  const own = names.slice(0, OBJECTS_MAX)
  const lanes = own.map((name, index) => objectLane(entries, name, index, (object) => object === name))
  if (names.length === own.length) return lanes
  return [...lanes, objectLane(entries, "other objects", OBJECTS_MAX, (object) => !own.includes(object))]
}

const objectLane = (
  entries: ReadonlyArray<Timeline.Entry>,
  name: string,
  colour: number,
  includes: (object: string) => boolean
): Lane => {
  const own = entries.flatMap(({ index, versions }) =>
    versions.filter(({ object }) => includes(object)).map(({ isDeleted }) => ({ index, isDeleted }))
  )
  const last = own.at(-1)
  return {
    name,
    kind: "object",
    sign: "",
    colour: `object-${colour}`,
    from: own[0]?.index ?? 0,
    to: last?.isDeleted === true ? last.index : entries.length,
    has: ({ versions }) => versions.some(({ object }) => includes(object)),
    isBusy: () => false
  }
}
