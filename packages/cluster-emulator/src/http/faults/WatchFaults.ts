/**
 * What goes wrong with a watch that has begun. Each strikes at the next line that the watch would send.
 */
import type { Fault } from "./Fault.ts"

/** The connection breaks in the middle of the line. */
export const watchCut = (): Fault => ({
  name: "watchCut",
  standsFor: "a connection that breaks in the middle of a packet",
  effects: { _tag: "Line", applies: () => true, fate: "cut" }
})

/** The watch ends as planned instead of telling the line: whoever goes on from the last version misses nothing. */
export const watchEnded = (): Fault => ({
  name: "watchEnded",
  standsFor: "an API server that ends a watch when its time is over",
  effects: { _tag: "Line", applies: () => true, fate: "end" }
})

/**
 * The watch stays open and tells nothing any more; everything is told, in order, once the fault is lifted. Injection it with
 * `times: Infinity` to freeze every watch that is chosen.
 */
export const watchFrozen = (): Fault => ({
  name: "watchFrozen",
  standsFor: "a connection that a firewall forgot: open at both ends, and dead in between",
  effects: { _tag: "Line", applies: () => true, fate: "hold" }
})

/**
 * The connection breaks before a DELETED is told, and the server forgets its past: nobody can learn of the deletion but by
 * listing again.
 */
export const deletedLost = (): Fault => ({
  name: "deletedLost",
  standsFor: "a watch that is away while an object is deleted, and comes back after a compaction",
  effects: { _tag: "Line", applies: (type) => type === "DELETED", fate: "lose" }
})
