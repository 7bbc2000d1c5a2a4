import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { WriteTracker } from "../src/index.ts"
import { key } from "./fixtures/Objects.ts"

describe("a listener of writes", () => {
  it.effect("is notified of the beginning and the end of each write, until its scope closes", () =>
    Effect.gen(function* () {
      const tracker = yield* WriteTracker.WriteTracker
      const seen: Array<string> = []
      const write = (succeeds: boolean) =>
        Effect.exit(
          tracker.track(key("a"), succeeds ? Effect.void : Effect.fail("rejected"), () => ({
            _tag: "Deleted",
            uid: "u"
          }))
        )
      const listen = tracker.subscribe({
        begin: ({ name }) => void seen.push(`begin ${name}`),
        end: ({ name }, result) => Effect.sync(() => void seen.push(`end ${name} ${result?._tag ?? "failed"}`))
      })
      yield* Effect.scoped(Effect.andThen(listen, Effect.andThen(write(true), write(false))))
      yield* write(true)
      assert.deepStrictEqual(seen, ["begin a", "end a Deleted", "begin a", "end a failed"])
    }).pipe(Effect.provide(WriteTracker.layer))
  )
})
