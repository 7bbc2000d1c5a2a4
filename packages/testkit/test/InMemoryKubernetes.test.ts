import { assert, describe, it } from "@effect/vitest"
import {
  CurrentReconcile,
  EventRecorder,
  KubernetesApi,
  ObjectCache,
  ObjectMeta,
  StatusWriter
} from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as Conformance from "../src/conformance/Conformance.ts"
import { ApiServer, CallLog, InMemoryKubernetes } from "../src/index.ts"

const cluster = InMemoryKubernetes.layerWith({ definitions: [Conformance.widgetDefinition], namespaces: ["sei"] })

const key = ObjectMeta.key(Conformance.widget, "sei", "w")
const body = { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 1 } }

describe("InMemoryKubernetes", () => {
  it.effect("records every call with its reconcile pass, its process, and the object before and after", () =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const status = yield* StatusWriter.StatusWriter
      const callLog = yield* CallLog.CallLog
      const created = yield* api.create(key, body)
      const pass = { key, process: "1234abcd", number: 7, observedVersion: created.metadata.resourceVersion }

      const after = yield* status
        .patchStatus(key, created.metadata.resourceVersion, { phase: "Ready" })
        .pipe(
          Effect.provideService(CurrentReconcile.CurrentReconcile, pass),
          Effect.provideService(CallLog.CurrentProcess, "process-2")
        )

      const [first, second] = yield* callLog.calls
      assert.deepStrictEqual(first, {
        index: 0,
        at: 0,
        verb: "create",
        target: "Widget sei/w",
        pass: undefined,
        process: "process-1",
        sent: body,
        result: "ok",
        after: created
      })
      assert.deepStrictEqual(second, {
        index: 1,
        at: 0,
        verb: "patchStatus",
        target: "Widget sei/w",
        pass,
        process: "process-2",
        sent: { phase: "Ready" },
        precondition: created.metadata.resourceVersion,
        result: "ok",
        before: created,
        after
      })
    }).pipe(Effect.provide(cluster))
  )

  it.effect("records the result of a call that failed", () =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const callLog = yield* CallLog.CallLog
      yield* api.create(key, body)
      yield* Effect.flip(api.create(key, body))
      yield* Effect.flip(api.delete(key, { uid: "another" }))

      assert.deepStrictEqual(
        (yield* callLog.calls).map(({ result, verb }) => [verb, result]),
        [
          ["create", "ok"],
          ["create", "rejected"],
          ["delete", "conflict"]
        ]
      )
    }).pipe(Effect.provide(cluster))
  )

  it.effect("reads of the cache are not calls and return the last write", () =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const cache = yield* ObjectCache.ObjectCache
      const callLog = yield* CallLog.CallLog
      const created = yield* api.create(key, { ...body, metadata: { name: "w", labels: { a: "b" } } })

      assert.deepStrictEqual(yield* cache.get(key), Option.some(created))
      assert.deepStrictEqual(yield* cache.list(Conformance.widget, { labels: { a: "b" } }), [created])
      assert.deepStrictEqual(yield* cache.list(Conformance.widget, { labels: { a: "c" } }), [])
      assert.strictEqual(yield* callLog.count("get", "list"), 0)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("uses the current clock", () =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      yield* TestClock.setTime(1_767_225_661_500)

      const created = yield* api.create(key, body)

      assert.strictEqual(created.metadata.creationTimestamp, "2026-01-01T00:01:01Z")
    }).pipe(Effect.provide(cluster))
  )

  it.effect("records an event about the object", () =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const recorder = yield* EventRecorder.EventRecorder
      const callLog = yield* CallLog.CallLog
      const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
      const created = yield* api.create(key, body)

      yield* recorder.record(Conformance.widget, created, { type: "Warning", reason: "PlanRefused", message: "no tag" })

      const [event] = server.peekAll({ group: "", version: "v1", plural: "events" }, "sei")
      assert.strictEqual(event?.reason, "PlanRefused")
      assert.strictEqual(
        ObjectMeta.isJsonObject(event?.involvedObject) && event.involvedObject.uid,
        created.metadata.uid
      )
      assert.strictEqual(yield* callLog.count("event"), 1)
    }).pipe(Effect.provide(cluster))
  )
})

describe("a copy of a server", () => {
  it.effect("starts with the objects, history, kinds and counters of the original, and changes independently", () =>
    Effect.gen(function* () {
      const first = yield* InMemoryKubernetes.makeServer({ definitions: [Conformance.widgetDefinition] })
      const request = (server: ApiServer.ApiServer, verb: "create" | "delete", plural: string, name = "") => {
        const isWidget = plural === Conformance.widget.plural
        const where = isWidget
          ? { group: "example.dev", version: "v1", plural, namespace: "default" }
          : { group: "apiextensions.k8s.io", version: "v1", plural, namespace: "" }
        return server.handle({
          ...where,
          verb,
          name,
          query: {},
          user: "test-user",
          ...(verb === "create" ? { body } : {})
        })
      }
      const widgets = { group: "example.dev", version: "v1", plural: Conformance.widget.plural }
      const names = (server: ApiServer.ApiServer) => server.peekAll(widgets).map(({ metadata }) => metadata.name)
      const received: Array<string> = []
      first.subscribe(({ object }) => received.push(object.metadata.name))

      const second = ApiServer.make({ like: first })
      assert.deepStrictEqual(second.latest(100), first.latest(100))
      assert.deepStrictEqual(
        request(second, "create", widgets.plural),
        request(ApiServer.make({ like: first }), "create", widgets.plural)
      )
      assert.deepStrictEqual([names(first), names(second), received], [[], ["w"], []])

      request(second, "delete", "customresourcedefinitions", Conformance.widgetDefinition.metadata.name)
      assert.deepStrictEqual(
        [second, first].map((server) => request(server, "create", widgets.plural).code),
        [404, 201]
      )
    })
  )
})
