/**
 * Things that go wrong between a client and the servers of this package, on chosen requests: lost answers, refusals, watches
 * that are cut or silent. Deterministic: which request is struck follows from what was asked, in which order.
 */
import type * as Fault from "./faults/Fault.ts"

export type { AgentIncident, ApiIncident, Asked, Effects, Fault, Incident, LineFate, LineType } from "./faults/Fault.ts"
export {
  answerLost,
  conflict,
  hang,
  historyGone,
  refused,
  restart,
  serverError,
  slow,
  staleList,
  throttled,
  timeout,
  unavailable
} from "./faults/RequestFaults.ts"
export { deletedLost, watchCut, watchEnded, watchFrozen } from "./faults/WatchFaults.ts"

export interface InjectOptions {
  /**
   * What is asked: the same in every property that is named, or whatever a predicate says. Everything unless told; but
   * a fault of requests spares watches unless `verb` or the predicate chooses them.
   */
  readonly on?: Partial<Fault.Asked> | ((asked: Fault.Asked) => boolean)
  /** From which chosen request, or line of a watch, on, counted from 1 since this call: the first unless told. */
  readonly nth?: number
  /** How often: once unless told. `Infinity` is until lifted. */
  readonly times?: number
}

/** A fault that was ordered. */
export interface Injection {
  /** How often it struck so far. */
  readonly injected: () => number
  /** It strikes no more, and what it holds back is told. What is unanswered stays so. */
  readonly lift: () => void
}

/** One strike, as it happened. */
export interface Injected extends Pick<Fault.Fault, "name" | "standsFor"> {
  readonly asked: Fault.Asked
  /** By the clock of the server. */
  readonly at: number
}

export interface HttpFaults {
  /** Orders a fault. When several could strike, the one that was ordered first does. */
  readonly inject: (fault: Fault.Fault, options?: InjectOptions) => Injection
  /** Lifts everything that was ordered. */
  readonly lift: () => void
  /** Every strike so far, oldest first. */
  readonly log: () => ReadonlyArray<Injected>
  /** Asked by servers: which fault strikes what they are about to do. It counts. */
  readonly meet: Meet
}

/** What a server is about to do: to serve a request, or to send a line of a watch. */
export interface Moment {
  readonly asked: Fault.Asked
  readonly at: number
  /** Whether a fault with such effects can strike here at all. */
  readonly applies: (effects: Fault.Effects) => boolean
}

/** What a moment met. */
export interface Meeting {
  readonly effects: Fault.Effects
  /** Calls back when the fault is lifted. */
  readonly onLift: (callback: () => void) => void
}

export type Meet = (moment: Moment) => Meeting | undefined

/** Nothing goes wrong until it is ordered. One may be given to several servers. */
export const make = (): HttpFaults => {
  const ordered = new Set<Order>()
  const log: Array<Injected> = []
  return {
    inject: (fault, options = {}) => {
      const order = orderOf(fault, options)
      ordered.add(order)
      const lift = () => {
        if (ordered.delete(order)) order.lift()
      }
      return { injected: () => order.injected, lift }
    },
    lift: () => {
      const all = [...ordered]
      ordered.clear()
      for (const order of all) order.lift()
    },
    log: () => [...log],
    meet: ({ applies, asked, at }) => {
      for (const order of ordered) {
        const { effects, name, standsFor } = order.fault
        if (!applies(effects) || !order.chooses(asked) || !order.counts()) continue
        log.push({ name, standsFor, asked, at })
        return { effects, onLift: order.onLift }
      }
      return undefined
    }
  }
}

interface Order {
  readonly fault: Fault.Fault
  readonly chooses: (asked: Fault.Asked) => boolean
  /** Counts a chosen moment, and tells whether the fault strikes it. */
  readonly counts: () => boolean
  readonly injected: number
  readonly onLift: (callback: () => void) => void
  readonly lift: () => void
}

const orderOf = (fault: Fault.Fault, { nth = 1, on = {}, times = 1 }: InjectOptions): Order => {
  const lifted: Array<() => void> = []
  let met = 0
  let injected = 0
  return {
    fault,
    chooses: choiceOf(fault, on),
    counts: () => {
      met++
      if (met < nth || injected >= times) return false
      injected++
      return true
    },
    get injected() {
      return injected
    },
    onLift: (callback) => lifted.push(callback),
    lift: () => {
      for (const callback of lifted.splice(0)) callback()
    }
  }
}

const choiceOf = ({ effects }: Fault.Fault, on: Required<InjectOptions>["on"]): Order["chooses"] => {
  if (typeof on === "function") return on
  const wanted = Object.entries(on)
  const sparesWatches = on.verb === undefined && effects._tag === "Request"
  return (asked) => {
    const has = new Map<string, string>(Object.entries(asked))
    return !(sparesWatches && asked.verb === "watch") && wanted.every(([name, value]) => has.get(name) === value)
  }
}
