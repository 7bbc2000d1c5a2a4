/** Servers of the emulator as scoped resources. */
import * as Emulated from "@portolan/cluster-emulator/http/Loopback"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

export type { Traffic } from "@portolan/cluster-emulator/http/Loopback"

/** Without `close`: the scope closes the server. */
export type Listening = Omit<Emulated.Listening, "close">

/** Another process listens on the port. */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", { port: Schema.Int }) {
  override get message(): string {
    return `port ${this.port} is in use`
  }
}

/** Starts a server and closes it with the scope. */
export const scoped = <L extends Emulated.Listening>(
  start: () => Promise<L>
): Effect.Effect<L, PortInUse, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: start, catch: (error) => error }).pipe(
      Effect.catch((error) =>
        error instanceof Emulated.PortInUse ? Effect.fail(new PortInUse({ port: error.port })) : Effect.die(error)
      )
    ),
    ({ close }) => Effect.promise(close)
  )
