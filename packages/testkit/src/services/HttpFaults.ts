/** The HTTP faults of `@portolan/cluster-emulator`, with durations of Effect. */
import * as Emulated from "@portolan/cluster-emulator/http/HttpFaults"
import * as Duration from "effect/Duration"

export * from "@portolan/cluster-emulator/http/HttpFaults"

/** Handles the request at once and responds later, by the server's clock. A watch begins later. */
export const slow = ({ delay }: { readonly delay: Duration.Input }): Emulated.Fault =>
  Emulated.slow({ delayMs: Duration.toMillis(Duration.fromInputUnsafe(delay)) })
