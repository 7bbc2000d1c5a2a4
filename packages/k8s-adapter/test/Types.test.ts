/** Mistakes that the types reject. Each `@ts-expect-error` fails the type check when the mistake becomes possible. */
import { assert, describe, it } from "@effect/vitest"
import { type Reconciler, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Client } from "../src/index.ts"

const request = Effect.flatMap(Client.Client, (client) => client.request({ method: "GET", path: "/version" }))

describe("the types", () => {
  it("INV-2: reject a task that sends requests of its own", () => {
    const perform = () => Effect.as(Effect.ignore(request), Task.done)
    // @ts-expect-error the client can write status
    const task = Task.local({ params: Schema.Struct({}), perform })
    assert.strictEqual(task._tag, "Local")
  })

  it("INV-1: reject an observation that sends requests of its own", () => {
    const check = <R>(requirement: Reconciler.MayOnlyRead<R>) => requirement
    check<never>({})
    // @ts-expect-error the client can write
    check<Client.Client>({})
  })
})
