/** Injects faults into calls by number. Calls are counted over all processes of a test cluster. */
import * as Effect from "effect/Effect"
import type * as Faults from "./Faults.ts"

/** A call that a fault could have been injected into. */
export interface FaultableCall {
  readonly site: Faults.CallSite<unknown>
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
  /** Removes every fault that was not injected yet. */
  readonly clearFaults: () => void
}

/** @param onInjected called for every fault that is injected */
export const make = (onInjected: (fault: Faults.Fault, site: Faults.CallSite<unknown>) => void): FaultInjector => {
  const calls: Array<FaultableCall> = []
  const pending = new Map<number, ReadonlyArray<Faults.Fault>>()
  let isEnabled = true
  const add = (index: number, faults: ReadonlyArray<Faults.Fault>) => {
    if (faults.length > 0) pending.set(index, [...(pending.get(index) ?? []), ...faults])
  }
  /** Counts a call and picks the first pending fault that applies to it; the other ones wait for the next call. */
  const faultFor = (site: Faults.CallSite<unknown>): Faults.Fault | undefined => {
    const index = calls.length
    const due = pending.get(index) ?? []
    const fault = due.find(({ appliesTo }) => appliesTo(site))
    pending.delete(index)
    add(
      index + 1,
      due.filter((other) => other !== fault)
    )
    calls.push({ site, ...(fault === undefined ? {} : { fault }) })
    return fault
  }
  return {
    around: (context) => (call, site) =>
      Effect.suspend(() => {
        const fault = isEnabled ? faultFor(site) : undefined
        if (fault === undefined) return call
        onInjected(fault, site)
        return fault.around(call, site, context)
      }),
    faultableCalls: () => calls,
    inject: (fault, call) => add(calls.length + call, [fault]),
    setFaultsEnabled: (enabled) => {
      isEnabled = enabled
    },
    clearFaults: () => pending.clear()
  }
}
