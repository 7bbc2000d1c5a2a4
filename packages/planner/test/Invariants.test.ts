/** Mistakes that the types reject. Each `@ts-expect-error` fails the type check when the mistake becomes possible. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { KubernetesApi, Reconciler, type Registry, StatusWriter, Task } from "../src/index.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"

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

/** A client of the API server that can send any request, marked as such. */
class AnyClient extends Context.Service<AnyClient, { readonly send: (path: string) => Effect.Effect<void> }>()(
  "AnyClient"
) {
  declare readonly "~writesStatus": true
}

const send = Effect.flatMap(AnyClient, (client) => client.send("/status"))

describe("the types", () => {
  it("INV-2: reject a task that can write status", () => {
    const fine = Task.local({ params: Nothing, perform: () => apply })
    // @ts-expect-error a task may not write status
    const forbidden = Task.local({ params: Nothing, perform: () => write })
    assert.strictEqual(fine._tag, forbidden._tag)
  })

  it("INV-2: reject a task that requires a client of the API server, which could send any request", () => {
    // @ts-expect-error a client can write status
    const forbidden = Task.local({ params: Nothing, perform: () => Effect.as(send, Task.done) })
    assert.strictEqual(forbidden._tag, "Local")
  })

  it("INV-2: reject a status in an object that a task creates or applies", () => {
    const status = Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const { apiVersion, kind } = Fixtures.kind
      const manifest = { apiVersion, kind, metadata: { name: "w" }, spec: {} }
      // @ts-expect-error a manifest has no status
      yield* api.apply(Fixtures.key, { ...manifest, status: { phase: "Ready" } })
      // @ts-expect-error neither when it is created
      yield* api.create(Fixtures.key, { ...manifest, status: { phase: "Ready" } })
    })
    assert.isDefined(status)
  })

  it("INV-1, INV-2: reject a reconciler whose observation or cleanup can write status", () => {
    const parts = { ...Toy.reconciler(), tasks: {} }
    const reads = { ...parts, observe: () => Effect.succeed("observed") }
    const fine = Reconciler.make({ ...reads, cleanup: () => apply })
    const forbidden = [
      // @ts-expect-error an observation may not write
      Reconciler.make({ ...parts, observe: () => Effect.as(apply, "observed") }),
      // @ts-expect-error nor write status
      Reconciler.make({ ...parts, observe: () => Effect.as(write, "observed") }),
      // @ts-expect-error a cleanup may not write status
      Reconciler.make({ ...reads, cleanup: () => write }),
      // @ts-expect-error nor use a client that can
      Reconciler.make({ ...reads, cleanup: () => Effect.as(send, Task.done) }),
      // @ts-expect-error tasks may not write status, also those that were not made by Task.local
      Reconciler.make({
        ...reads,
        tasks: { paint: { ...Toy.local(() => Effect.succeed(Task.done)), perform: () => write } }
      })
    ]
    assert.lengthOf(forbidden, 5)
    assert.strictEqual(fine.finalizer, Toy.FINALIZER)
  })

  it("INV-1, INV-2: reject an observation that requires any service that can write", () => {
    const check = <R>(requirement: Reconciler.MayOnlyRead<R>) => requirement
    check<never>({})
    // @ts-expect-error an observation may not write
    check<KubernetesApi.KubernetesApi>({})
    // @ts-expect-error nor write status
    check<StatusWriter.StatusWriter>({})
    // @ts-expect-error nor use a client that can
    check<AnyClient>({})
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
