/** Every number about time of a SeiNode. Retries, back-off and the deadlines of all other waits are planner's `Retry`. */
import * as Duration from "effect/Duration"

/** How long a wait may last before the node is `Degraded`. Users create Secrets and volumes, which takes them a while. */
export const PRECONDITION = Duration.hours(1)
/** State syncers appear in the registry once other nodes of the chain run. */
export const STATE_SYNCERS = Duration.hours(1)
/** The genesis of a new chain is published once all its validators have contributed. */
export const GENESIS = Duration.hours(2)
/** Downloading and unpacking the snapshot of a large chain takes hours. */
export const SNAPSHOT = Duration.days(1)
/** A bootstrap executes every block between the snapshot and its target height, which may be weeks of blocks. */
export const BOOTSTRAP = Duration.days(7)

/** A sidecar that stays unready after `mark-ready` is signalled again after this interval. */
export const MARK_READY_INTERVAL = Duration.seconds(30)
