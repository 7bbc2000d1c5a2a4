/**
 * Injects faults between clients and the servers of the emulator: lost responses, rejections, watches that are cut or
 * frozen. Deterministic: the attributes and the order of the requests decide which of them get a fault.
 */
import type * as Fault from "./faults/Fault.ts"

export type {
  Effects,
  Fault,
  FaultedAgentRequest,
  FaultedApiRequest,
  FaultedRequest,
  LineOutcome,
  LineType,
  RequestInfo
} from "./faults/Fault.ts"
export {
  answerLost,
  conflict,
  forbidden,
  hang,
  historyGone,
  invalid,
  notFound,
  refused,
  restart,
  serverError,
  slow,
  spuriousConflict,
  staleList,
  throttled,
  timeout,
  unauthorized,
  unavailable
} from "./faults/RequestFaults.ts"
export { deletedLost, watchCut, watchEnded, watchFrozen } from "./faults/WatchFaults.ts"

export interface InjectOptions {
  /**
   * Selects requests: by equality of every attribute that is named, or by a predicate. Selects all requests by default,
   * but a fault of requests leaves watches alone unless `verb` or the predicate selects them.
   */
  readonly on?: Partial<Fault.RequestInfo> | ((request: Fault.RequestInfo) => boolean)
  /**
   * The first selected request, or line of a watch, to get the fault; counted from 1 since this call. Defaults to 1.
   */
  readonly nth?: number
  /** How many get the fault. Defaults to 1; `Infinity` means until the fault is lifted. */
  readonly times?: number
}

/** A fault that was injected with {@link HttpFaults.inject}. */
export interface Injection {
  /** How many requests or lines got the fault so far. */
  readonly injected: () => number
  /** Ends the fault and sends the lines that it holds. Requests that it left without a response stay so. */
  readonly lift: () => void
}

/** One request or line that got a fault. */
export interface Injected extends Pick<Fault.Fault, "name" | "standsFor"> {
  readonly request: Fault.RequestInfo
  /** Milliseconds of the server's clock. */
  readonly at: number
}

export interface HttpFaults {
  /** Injects a fault from now on. Of several faults that apply, the one that was injected first wins. */
  readonly inject: (fault: Fault.Fault, options?: InjectOptions) => Injection
  /** Lifts all faults. */
  readonly lift: () => void
  /** Every request and line that got a fault so far, oldest first. */
  readonly log: () => ReadonlyArray<Injected>
  /** Called by servers before they handle a request or send a line. Counts the call and returns the fault, if any. */
  readonly select: (point: InjectionPoint) => SelectedFault | undefined
}

/** A request that a server is about to handle, or a line of a watch that it is about to send. */
export interface InjectionPoint {
  readonly request: Fault.RequestInfo
  readonly at: number
  /** Whether a fault with these effects can be injected here. */
  readonly applies: (effects: Fault.Effects) => boolean
}

export interface SelectedFault {
  readonly effects: Fault.Effects
  /** Registers a callback for the time when the fault is lifted. */
  readonly onLift: (callback: () => void) => void
}

/** Starts without faults. Several servers may share the result. */
export const make = (): HttpFaults => {
  const active = new Set<ActiveFault>()
  const log: Array<Injected> = []
  return {
    inject: (fault, options = {}) => {
      const added = activeFault(fault, options)
      active.add(added)
      const lift = () => {
        if (active.delete(added)) added.lift()
      }
      return { injected: () => added.injected, lift }
    },
    lift: () => {
      const all = [...active]
      active.clear()
      for (const fault of all) fault.lift()
    },
    log: () => [...log],
    select: ({ applies, at, request }) => {
      for (const candidate of active) {
        const { effects, name, standsFor } = candidate.fault
        if (!applies(effects) || !candidate.selects(request) || !candidate.countAndTest()) continue
        log.push({ name, standsFor, request, at })
        return { effects, onLift: candidate.onLift }
      }
      return undefined
    }
  }
}

interface ActiveFault {
  readonly fault: Fault.Fault
  readonly selects: (request: Fault.RequestInfo) => boolean
  /** Counts a selected request or line. True when it gets the fault. */
  readonly countAndTest: () => boolean
  readonly injected: number
  readonly onLift: (callback: () => void) => void
  readonly lift: () => void
}

const activeFault = (fault: Fault.Fault, { nth = 1, on = {}, times = 1 }: InjectOptions): ActiveFault => {
  const callbacks: Array<() => void> = []
  let selected = 0
  let injected = 0
  return {
    fault,
    selects: selectorOf(fault, on),
    countAndTest: () => {
      selected++
      if (selected < nth || injected >= times) return false
      injected++
      return true
    },
    get injected() {
      return injected
    },
    onLift: (callback) => callbacks.push(callback),
    lift: () => {
      for (const callback of callbacks.splice(0)) callback()
    }
  }
}

const selectorOf = ({ effects }: Fault.Fault, on: Required<InjectOptions>["on"]): ActiveFault["selects"] => {
  if (typeof on === "function") return on
  const wanted = Object.entries(on)
  const excludesWatches = on.verb === undefined && effects._tag === "Request"
  return (request) => {
    const attributes = new Map<string, string>(Object.entries(request))
    if (excludesWatches && request.verb === "watch") return false
    return wanted.every(([name, value]) => attributes.get(name) === value)
  }
}
