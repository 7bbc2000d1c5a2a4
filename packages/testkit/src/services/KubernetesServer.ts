/**
 * The HTTP server of `@portolan/cluster-emulator` as a scoped resource: for kubectl, client libraries and controllers
 * that run as processes of their own.
 *
 * `InMemoryKubernetes` can use the same `ApiServer` at the same time; both see the same objects.
 */
import * as Emulated from "@portolan/cluster-emulator/http/KubernetesServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as Loopback from "./Loopback.ts"

export type Options = Omit<Emulated.Options, "clock">

/** Without `close`: the scope closes the server. */
export type Listening = Omit<Emulated.Listening, "close">

export { PortInUse, type Traffic } from "./Loopback.ts"

/** The running server, by which a test finds its URL and reads its audit log. */
export class KubernetesServer extends Context.Service<KubernetesServer, Listening>()(
  "@portolan/testkit/http/KubernetesServer"
) {}

/**
 * Serves until the scope closes; then every watch ends and every socket is destroyed at once. Bookmarks, timeouts and
 * the audit log use the current `Clock`.
 */
export const make = (options: Options): Effect.Effect<Listening, Loopback.PortInUse, Scope.Scope> =>
  Effect.flatMap(EmulatorClock.make, (clock) => Loopback.scoped(() => Emulated.start({ ...options, clock })))

/** {@link make} as a layer. */
export const layer = (options: Options): Layer.Layer<KubernetesServer, Loopback.PortInUse> =>
  Layer.effect(KubernetesServer, make(options))
