/** Mistakes that the types reject. Each `@ts-expect-error` fails the type check when the mistake becomes possible. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { KubernetesApi, type Reconciler, type Registry, StatusWriter, Task } from "../src/index.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const Nothing = Schema.Struct({})

/** Writes status outside of the reconcile pass. */
const write = Effect.gen(function* () {
  const writer = yield* StatusWriter.StatusWriter
  yield* Effect.ignore(writer.patchStatus(Fixtures.key, Fixtures.widget().metadata.resourceVersion, {}))
  return Task.done
})

const apply = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  yield* Effect.ignore(api.delete(Fixtures.key, { uid: "x" }))
  return Task.done
})

describe("the types", () => {
  it("INV-2: reject a task that can write status", () => {
    const fine = Task.local({ params: Nothing, perform: () => apply })
    // @ts-expect-error a task may not write status
    const forbidden = Task.local({ params: Nothing, perform: () => write })
    assert.strictEqual(fine._tag, forbidden._tag)
  })

  it("INV-1: reject an observation that can write", () => {
    const check = <R>(requirement: Reconciler.MayOnlyRead<R>) => requirement
    check<never>({})
    // @ts-expect-error an observation may not write
    check<KubernetesApi.KubernetesApi>({})
    // @ts-expect-error nor write status
    check<StatusWriter.StatusWriter>({})
  })

  it("INV-11: reject a delete without a uid", () => {
    const forbidden = Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      // @ts-expect-error preconditions are not optional
      yield* api.delete(Fixtures.key)
    })
    assert.isDefined(forbidden)
  })

  it("reject a registry that lacks a task", () => {
    const only = Task.local({ params: Nothing, perform: () => Effect.succeed(Task.done) })
    // @ts-expect-error "b" has no task
    const registry: Registry.Registry<"a" | "b", unknown, never> = { a: only }
    assert.isDefined(registry)
  })
})
