/** Which faults strike which calls of a world, counted over all of its processes. */
import * as Effect from "effect/Effect"
import type * as Faults from "./Faults.ts"

/** A call that was made, in the order in which faults are counted. */
export interface FaultableCall {
  readonly site: Faults.Site<unknown>
  /** The fault that struck it. */
  readonly fault?: Faults.Fault
}

export interface FaultInjector {
  /** What happens around each call of a process. */
  readonly around: (stage: Faults.Stage) => Faults.Around
  /** Every call that could be struck. */
  readonly faultableCalls: () => ReadonlyArray<FaultableCall>
  /** FaultInjector the nth call from now, the next one being 0, or the first after it that the fault can happen to. */
  readonly inject: (fault: Faults.Fault, call: number) => void
  /** Whether calls are counted, and may be struck. */
  readonly setFaultsEnabled: (disturbed: boolean) => void
  /** Forgets every strike that has not happened. */
  readonly clearFaults: () => void
}

/** @param struck told of every fault that strikes */
export const make = (injected: (fault: Faults.Fault, site: Faults.Site<unknown>) => void): FaultInjector => {
  const made: Array<FaultableCall> = []
  const waiting = new Map<number, ReadonlyArray<Faults.Fault>>()
  let isDisturbed = true
  const add = (index: number, faults: ReadonlyArray<Faults.Fault>) => {
    if (faults.length > 0) waiting.set(index, [...(waiting.get(index) ?? []), ...faults])
  }
  /** The first fault that can happen to a call; those that cannot wait for the next one. */
  const next = (site: Faults.Site<unknown>): Faults.Fault | undefined => {
    const index = made.length
    const due = waiting.get(index) ?? []
    const fault = due.find((each) => each.appliesTo(site))
    waiting.delete(index)
    add(
      index + 1,
      due.filter((each) => each !== fault)
    )
    made.push({ site, ...(fault === undefined ? {} : { fault }) })
    return fault
  }
  return {
    around: (stage) => (call, site) =>
      Effect.suspend(() => {
        const fault = isDisturbed ? next(site) : undefined
        if (fault === undefined) return call
        injected(fault, site)
        return fault.around(call, site, stage)
      }),
    faultableCalls: () => made,
    inject: (fault, call) => add(made.length + call, [fault]),
    setFaultsEnabled: (disturbed) => {
      isDisturbed = disturbed
    },
    clearFaults: () => waiting.clear()
  }
}
