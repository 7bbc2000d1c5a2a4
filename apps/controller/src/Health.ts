/** `/healthz` and `/readyz`, for whoever runs this process. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { type Address, ConfigInvalid } from "./AppConfig.ts"

/**
 * Healthy as soon as it listens; ready once `isReady` says so.
 *
 * **Errors** `ConfigInvalid` when the port is taken or may not be used.
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
            : HttpServerResponse.text("the caches are not filled yet", { status: 503 })
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
    Layer.catch((error) =>
      Layer.effectDiscard(
        Effect.fail(
          new ConfigInvalid({
            message: `--health-probe-bind-address: cannot listen on port ${port}: ${reasonOf(error)}`
          })
        )
      )
    )
  )

const reasonOf = (error: { readonly cause?: unknown }): string => {
  const text = error.cause instanceof Error ? error.cause.message : String(error.cause)
  return text.includes("EADDRINUSE") ? "it is in use" : text
}
