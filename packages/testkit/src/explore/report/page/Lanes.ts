/** Who and what gets a lane of its own on a page, from where to where each lane runs, and where a turn goes on in it. */
import type { Finding } from "../../../harness/TestCluster.ts"
import * as Timeline from "../Timeline.ts"

export interface Lane {
  /** As the head of the lane says it. */
  readonly name: string
  readonly kind: "actor" | "object"
  /** One character for the dots of an actor. */
  readonly sign: string
  /** Which of the colours of its kind. */
  readonly colour: string
  /** The first and the last moment in which it is there. */
  readonly from: number
  readonly to: number
  /** Whether a moment happens in it: its actor does something, or its object gets another version. */
  readonly has: (moment: Timeline.Moment) => boolean
  /** Whether a turn is under way in it at a moment. */
  readonly isBusy: (index: number) => boolean
}

/** More objects than these share one lane. */
const OBJECTS = 6

const OUTSIDE: Readonly<Record<string, string>> = { user: "U", node: "N", clock: "C", fault: "F" }

/** ClusterControllers first, then objects: those that findings are about, then those that changed most. */
export const of = (timeline: Timeline.Timeline, findings: ReadonlyArray<Finding>): ReadonlyArray<Lane> => [
  ...controllers(timeline),
  ...objects(timeline, findings)
]

const isProcess = (who: string): boolean => /^process-\d+$/u.test(who)

const controllers = ({ moments }: Timeline.Timeline): ReadonlyArray<Lane> => {
  const all = new Set(moments.map(({ who }) => who))
  const processes = [...all].filter(isProcess).sort((left, right) => left.localeCompare(right, "en", { numeric: true }))
  const isCluster = (who: string) => OUTSIDE[who] === undefined && !isProcess(who)
  const outside = Object.entries(OUTSIDE)
    .filter(([who]) => all.has(who))
    .map(([who, sign]) => controller(moments, who, sign, who, (each) => each === who))
  const running = processes.map((who, index) =>
    controller(moments, who, who.slice("process-".length), `process-${index % 4}`, (each) => each === who)
  )
  const rest = [...all].some(isCluster) ? [controller(moments, "others", "O", "others", isCluster)] : []
  return [...outside, ...running, ...rest]
}

const controller = (
  moments: ReadonlyArray<Timeline.Moment>,
  name: string,
  sign: string,
  colour: string,
  isOurs: (who: string) => boolean
): Lane => {
  const own = moments.filter(({ who }) => isOurs(who))
  const passes = [...Map.groupBy(own, ({ pass }) => pass)].flatMap(([pass, each]) =>
    pass === undefined ? [] : [{ from: each[0]?.index ?? 0, to: each.at(-1)?.index ?? 0 }]
  )
  return {
    name,
    kind: "actor",
    sign,
    colour,
    from: own[0]?.index ?? 0,
    to: own.at(-1)?.index ?? 0,
    has: ({ who }) => isOurs(who),
    isBusy: (index) => passes.some(({ from, to }) => from <= index && index <= to)
  }
}

const objects = (timeline: Timeline.Timeline, findings: ReadonlyArray<Finding>): ReadonlyArray<Lane> => {
  const { moments } = timeline
  const core = Timeline.named(timeline, findings)
  const weights = new Map<string, number>()
  for (const moment of moments) {
    for (const { object } of moment.made) {
      weights.set(object, (weights.get(object) ?? 0) + (core.has(moment.index) ? 1_000 : 1))
    }
  }
  const names = [...weights].sort(([, left], [, right]) => right - left).map(([name]) => name)
  const own = names.slice(0, OBJECTS)
  const lanes = own.map((name, index) => object(moments, name, index, (each) => each === name))
  if (names.length === own.length) return lanes
  return [...lanes, object(moments, "other objects", OBJECTS, (each) => !own.includes(each))]
}

const object = (
  moments: ReadonlyArray<Timeline.Moment>,
  name: string,
  colour: number,
  isOurs: (object: string) => boolean
): Lane => {
  const own = moments.flatMap(({ index, made }) =>
    made.filter((each) => isOurs(each.object)).map(({ isGone }) => ({ index, isGone }))
  )
  const last = own.at(-1)
  return {
    name,
    kind: "object",
    sign: "",
    colour: `object-${colour}`,
    from: own[0]?.index ?? 0,
    to: last?.isGone === true ? last.index : moments.length,
    has: ({ made }) => made.some((each) => isOurs(each.object)),
    isBusy: () => false
  }
}
