/** A client whose lists and watches are written down beforehand. What comes after the script is silence. */
import { CurrentReconcile } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client } from "../../src/index.ts"

interface WatchScript {
  readonly status?: number
  /** Bytes in the pieces they arrive in, and pauses in milliseconds; then how it goes on. */
  readonly says?: ReadonlyArray<string | Uint8Array | number>
  readonly after?: "ends" | "breaks" | "is silent"
}

export interface Script {
  /** Bodies of lists, or statuses of lists that fail. */
  readonly lists: ReadonlyArray<unknown>
  readonly watches: ReadonlyArray<WatchScript>
}

export const make = (script: Script) => {
  const asked: Array<string> = []
  /** Watches that were left. */
  const closed: Array<string> = []
  /** The turn of each request. */
  const passes: Array<CurrentReconcile.Pass | undefined> = []
  const ask = (path: string) =>
    Effect.map(CurrentReconcile.CurrentReconcile, (pass) => {
      asked.push(path)
      passes.push(pass)
    })
  let lists = 0
  let watches = 0
  const layer = Layer.succeed(
    Client.Client,
    Client.Client.of({
      server: "http://scripted",
      request: ({ path }) =>
        Effect.map(ask(path), () => {
          const body = script.lists[Math.min(lists++, script.lists.length - 1)]
          return typeof body === "number"
            ? { status: body, body: undefined, text: "no" }
            : { status: 200, body, text: "" }
        }),
      open: (path) =>
        Effect.gen(function* () {
          yield* ask(path)
          yield* Effect.addFinalizer(() => Effect.sync(() => closed.push(path)))
          const { says = [], status = 200, after = "is silent" } = script.watches[watches++] ?? {}
          let said = 0
          const next: Client.StreamingResponse["next"] = Effect.suspend(() => {
            const piece = says[said++]
            if (typeof piece === "number") return Effect.delay(next, piece)
            if (piece !== undefined)
              return Effect.succeed(typeof piece === "string" ? new TextEncoder().encode(piece) : piece)
            if (after === "is silent") return Effect.never
            return after === "ends"
              ? Effect.succeed(undefined)
              : Effect.fail(new Client.TransportFailed({ message: "other side closed" }))
          })
          return { status, next }
        })
    })
  )
  return { layer, asked, closed, passes }
}

export const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`

/** Sends paths that contain `part` to one client, and all others to another. */
export const either = (part: string, one: Layer.Layer<Client.Client>, other: Layer.Layer<Client.Client>) =>
  Layer.effect(
    Client.Client,
    Effect.gen(function* () {
      const left = yield* Effect.provide(Client.Client, one)
      const right = yield* Effect.provide(Client.Client, other)
      const of = (path: string) => (path.includes(part) ? left : right)
      return Client.Client.of({
        server: left.server,
        request: (request) => of(request.path).request(request),
        open: (path) => of(path).open(path)
      })
    })
  )
