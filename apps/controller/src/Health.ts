/** The liveness probe `/healthz` and the readiness probe `/readyz`. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { type Address, ConfigInvalid } from "./AppConfig.ts"

/**
 * Serves both probes at an address. `/healthz` is 200 as soon as the server listens; `/readyz` is 503 until `isReady`.
 *
 * **Errors** `ConfigInvalid` when the address cannot be bound.
 */
export const layer = ({ host, port }: Address, isReady: Effect.Effect<boolean>) =>
  HttpRouter.serve(
    Layer.mergeAll(
      HttpRouter.add("GET", "/healthz", HttpServerResponse.text("ok")),
      HttpRouter.add(
        "GET",
        "/readyz",
        Effect.map(isReady, (ready) =>
          ready
            ? HttpServerResponse.text("ok")
            : HttpServerResponse.text("informer caches are not synced", { status: 503 })
        )
      )
    ),
    { disableListenLog: true, disableLogger: true }
  ).pipe(
    Layer.provide(
      NodeHttpServer.layer(createServer, {
        port,
        ...(host === undefined ? {} : { host }),
        gracefulShutdownTimeout: "1 second"
      })
    ),
    Layer.catch((error) => {
      const message = `--health-probe-bind-address: cannot listen on ${host ?? ""}:${port}: ${reasonOf(error)}`
      return Layer.effectDiscard(Effect.fail(new ConfigInvalid({ message })))
    })
  )

const reasonOf = (error: { readonly cause?: unknown }): string => {
  const text = error.cause instanceof Error ? error.cause.message : String(error.cause)
  return text.includes("EADDRINUSE") ? "address already in use" : text
}
