/** Runs the controller against the cluster of `$KUBECONFIG` until SIGINT or SIGTERM. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { run } from "./Process.ts"

const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())

const { HOME: home = "", KUBECONFIG: kubeconfig = "" } = process.env
const running = Effect.scoped(Effect.andThen(run({ home, kubeconfig }), Effect.never))
const exit = await Effect.runPromiseExit(running, { signal: stop.signal })
if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
