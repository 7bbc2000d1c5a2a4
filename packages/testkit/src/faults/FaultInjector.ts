/** Injects faults into calls by number. Calls are counted over all processes of a test cluster. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Boundaries from "./Boundaries.ts"
import type * as Faults from "./Faults.ts"

/** A call that a fault could have been injected into. */
export interface FaultableCall {
  readonly site: Faults.CallSite<unknown>
  /** The step of a pass that the call is: `patchStatus Widget: task claimed`. */
  readonly boundary: string
  /** The fault that was injected. */
  readonly fault?: Faults.Fault
}

export interface FaultInjector {
  /** Wraps the calls of one process. */
  readonly around: (context: Faults.FaultContext) => Faults.Around
  /** Every call so far that was made while faults were enabled. */
  readonly faultableCalls: () => ReadonlyArray<FaultableCall>
  /**
   * Injects a fault into call n from now (the next call is 0), or into the first one after it that the fault applies
   * to.
   */
  readonly inject: (fault: Faults.Fault, call: number) => void
  /** While faults are disabled, calls are neither counted nor disturbed. */
  readonly setFaultsEnabled: (enabled: boolean) => void
  /** Removes every fault that was not injected yet, and ends those that go on. */
  readonly clearFaults: () => void
}

/** @param onInjected called for every fault that is injected */
export const make = (onInjected: (fault: Faults.Fault, site: Faults.CallSite<unknown>) => void): FaultInjector => {
  const calls: Array<FaultableCall> = []
  const pending = new Map<number, ReadonlyArray<Faults.Fault>>()
  let isEnabled = true
  let lasting: ReadonlyArray<LastingFault> = []
  const add = (index: number, faults: ReadonlyArray<Faults.Fault>) => {
    if (faults.length > 0) pending.set(index, [...(pending.get(index) ?? []), ...faults])
  }
  /**
   * Counts a call and picks the first pending fault that applies to it; the other ones wait for the next call, and so do all
   * of them while another fault goes on.
   */
  const faultFor = (site: Faults.CallSite<unknown>, boundary: string, isTaken: boolean): Faults.Fault | undefined => {
    const index = calls.length
    const due = pending.get(index) ?? []
    const first = isTaken ? -1 : due.findIndex(({ appliesTo }) => appliesTo(site))
    const fault = due[first]
    pending.delete(index)
    add(
      index + 1,
      due.filter((_, position) => position !== first)
    )
    calls.push({ site, boundary, ...(fault === undefined ? {} : { fault }) })
    return fault
  }
  /** A fault that goes on since an earlier call, or else one that is injected into this call. */
  const select = (site: Faults.CallSite<unknown>, boundary: string, now: number): Faults.Fault | undefined => {
    lasting = lasting.filter(({ until }) => now < until)
    const going = lasting.find(({ first }) => isAlike(first, site))
    const fault = faultFor(site, boundary, going !== undefined)
    if (going !== undefined) return going.fault
    if (fault?.lastsMs !== undefined) lasting = [...lasting, { fault, first: site, until: now + fault.lastsMs }]
    if (fault !== undefined) onInjected(fault, site)
    return fault
  }
  return {
    around: (context) => (call, site) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const fault = isEnabled ? select(site, Boundaries.of(site, context.server), now) : undefined
        return fault === undefined ? call : fault.around(call, site, context)
      }),
    faultableCalls: () => calls,
    inject: (fault, call) => add(calls.length + call, [fault]),
    setFaultsEnabled: (enabled) => {
      isEnabled = enabled
    },
    clearFaults: () => {
      pending.clear()
      lasting = []
    }
  }
}

/** A fault that goes on. */
interface LastingFault {
  readonly fault: Faults.Fault
  /** The call that it was injected into. */
  readonly first: Faults.CallSite<unknown>
  readonly until: number
}

/** Whether a fault that was injected into one call goes on at another. */
const isAlike = (first: Faults.CallSite<unknown>, site: Faults.CallSite<unknown>): boolean =>
  first.verb === site.verb &&
  (first.key === undefined ? first.target === site.target : first.key.kind.kind === site.key?.kind.kind)
