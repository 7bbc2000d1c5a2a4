/** Faults of an open watch. Each is injected instead of the next line that the watch would send. */
import type { Fault } from "./Fault.ts"

/** Closes the connection in the middle of the line. */
export const watchCut = (): Fault => ({
  name: "watchCut",
  standsFor: "a connection that breaks in the middle of a packet",
  effects: { _tag: "Line", applies: () => true, outcome: "cut" }
})

/** Ends the watch in the regular way, without the line. A client that resumes from its last version misses nothing. */
export const watchEnded = (): Fault => ({
  name: "watchEnded",
  standsFor: "an API server that ends a watch when its time is over",
  effects: { _tag: "Line", applies: () => true, outcome: "end" }
})

/**
 * Keeps the watch open and holds this line and all later ones; they are sent in order when the fault is lifted. Inject
 * it with `times: Infinity` to freeze every watch that is selected.
 */
export const watchFrozen = (): Fault => ({
  name: "watchFrozen",
  standsFor: "a connection that a firewall forgot: open at both ends, and dead in between",
  effects: { _tag: "Line", applies: () => true, outcome: "hold" }
})

/**
 * Closes the connection before a DELETED event and makes the server forget its history: a client learns of the deletion
 * only by listing again.
 */
export const deletedLost = (): Fault => ({
  name: "deletedLost",
  standsFor: "a watch that is away while an object is deleted, and comes back after a compaction",
  effects: { _tag: "Line", applies: (type) => type === "DELETED", outcome: "lose" }
})
