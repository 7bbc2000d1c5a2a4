// The adapter over HTTP: the adapter decides what a broken connection means, so its services are tested over one.
import { assert, describe, it } from "@effect/vitest"
import { Client, InformerCache, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectCache, ObjectMeta, StatusWriter } from "@portolan/planner"
import { HttpFaults, InMemoryKubernetes, KubernetesServer, Resources } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

const kind = Conformance.widget
const key = (name: string) => ObjectMeta.key(kind, "default", name)
const body = (name: string, size = 1) => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: { name },
  spec: { size }
})

/** The adapter and its cache over an API server with faults. The widget `a` exists. */
const cluster = Effect.gen(function* () {
  const server = yield* InMemoryKubernetes.makeServer({ definitions: [Conformance.widgetDefinition] })
  const faults = HttpFaults.make()
  const { audit, traffic, url } = yield* KubernetesServer.make({ server, faults })
  const client = Client.layerFromKubeconfig({ server: url, deadline: "300 millis" })
  const live = Layer.mergeAll(
    LiveKubernetes.layer({ fieldManager: "tester" }),
    InformerCache.layer({ watched: [{ kind }], timing: { silence: "400 millis" } })
  ).pipe(Layer.provideMerge(WriteTracker.layer), Layer.provide(client))
  const context = yield* Layer.build(live)
  const run = Effect.provide(context)
  const api = yield* run(KubernetesApi.KubernetesApi)
  const status = yield* run(StatusWriter.StatusWriter)
  const cache = yield* run(ObjectCache.ObjectCache)
  yield* run(InformerCache.InformerCache.use(({ ready }) => ready))
  const resource = Resources.resourceOf(kind)
  /** A request of another client; the adapter receives its change by watch. */
  const request = (verb: "create" | "update" | "delete", name: string, sent?: object) =>
    server.handle({
      ...resource,
      verb,
      namespace: "default",
      name: verb === "create" ? "" : name,
      query: {},
      user: "tester",
      ...(sent === undefined ? {} : { body: sent })
    })
  const stored = () => server.peekAll(resource)
  request("create", "a", body("a"))
  const converged = Effect.gen(function* () {
    while (true) {
      const cached = yield* cache.list(kind)
      if (JSON.stringify(versions(cached)) === JSON.stringify(versions(stored()))) return cached.length
      yield* Effect.sleep("5 millis")
    }
  })
  yield* converged
  const lists = () => audit().filter(({ verb }) => verb === "list").length
  return { api, cache, faults, lists, server, converged, request, status, stored, traffic }
})

const versions = (objects: ReadonlyArray<ObjectMeta.KubernetesObject>) =>
  objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).toSorted()

const reasonOf = <A>(call: Effect.Effect<A, KubernetesApi.KubernetesError>) =>
  Effect.map(Effect.result(call), (result) => (result._tag === "Success" ? "ok" : result.failure.reason._tag))

describe("HttpFaults: the Kubernetes services over a failing network", () => {
  const outcomes = [
    ["answerLost", HttpFaults.answerLost(), "Unavailable", true],
    ["refused", HttpFaults.refused(), "Unavailable", false],
    ["throttled", HttpFaults.throttled({ seconds: 1 }), "Unavailable", false],
    ["serverError", HttpFaults.serverError(), "Unavailable", false],
    ["serverError, handled", HttpFaults.serverError({ handled: true }), "Unavailable", true],
    ["unavailable", HttpFaults.unavailable(), "Unavailable", false],
    ["timeout, handled", HttpFaults.timeout({ handled: true }), "Unavailable", true],
    ["timeout", HttpFaults.timeout({ handled: false }), "Unavailable", false],
    ["forbidden", HttpFaults.forbidden(), "Rejected", false],
    ["notFound", HttpFaults.notFound(), "Rejected", false],
    ["invalid", HttpFaults.invalid(), "Rejected", false],
    ["spuriousConflict", HttpFaults.spuriousConflict(), "Conflict", false],
    ["conflict", HttpFaults.conflict(), "Conflict", false],
    ["slow", HttpFaults.slow({ delay: "20 millis" }), "ok", true]
  ] as const

  it.live.each(outcomes)(
    "INV-3: a status write that meets %s is sent once, and the cache catches up with the server",
    ([name, fault, expected, isApplied]) =>
      Effect.gen(function* () {
        const { cache, faults, server, converged, status, stored } = yield* cluster
        const cached = Option.getOrThrow(yield* cache.get(key("a")))
        const inject = faults.inject(fault, { on: { verb: "patch", resource: `${kind.plural}/status` }, times: 9 })
        const before = server.resourceVersion
        const write = status.patchStatus(key("a"), cached.metadata.resourceVersion, { phase: "Up" })
        assert.strictEqual(yield* reasonOf(write), expected)
        assert.strictEqual(inject.injected(), 1)
        assert.strictEqual(stored()[0]?.status !== undefined, isApplied)
        if (expected === "Unavailable" && !isApplied) assert.strictEqual(server.resourceVersion, before)
        yield* converged
        inject.lift()
        const again = yield* reasonOf(status.patchStatus(key("a"), cached.metadata.resourceVersion, { phase: "Down" }))
        assert.strictEqual(again, isApplied || name === "conflict" ? "Conflict" : "ok")
      }).pipe(Effect.scoped)
  )

  it.live.each([
    ["unauthorized", HttpFaults.unauthorized(), "Rejected 401 Unauthorized"],
    ["forbidden", HttpFaults.forbidden(), "Rejected 403 Forbidden"],
    ["not found", HttpFaults.notFound(), "Rejected 404 NotFound"],
    ["spurious conflict", HttpFaults.spuriousConflict(), "Conflict"],
    ["invalid", HttpFaults.invalid(), "Rejected 422 Invalid"],
    ["throttled", HttpFaults.throttled({ seconds: 1 }), "Unavailable"],
    ["server error", HttpFaults.serverError(), "Unavailable"],
    ["unavailable", HttpFaults.unavailable({ seconds: 1 }), "Unavailable"]
  ] as const)("INV-10: %s is the failure that the fault of this name is in memory", ([, fault, expected]) =>
    Effect.gen(function* () {
      const { cache, faults, status } = yield* cluster
      const { resourceVersion } = Option.getOrThrow(yield* cache.get(key("a"))).metadata
      faults.inject(fault, { on: { verb: "patch" }, times: Number.POSITIVE_INFINITY })
      const { reason } = yield* Effect.flip(status.patchStatus(key("a"), resourceVersion, { phase: "Up" }))
      const failure = reason._tag === "Rejected" ? `Rejected ${reason.status} ${reason.code}` : reason._tag
      assert.strictEqual(failure, expected)
    }).pipe(Effect.scoped)
  )

  it.live("a read is retried while the server is busy or unavailable, and fails after the last retry", () =>
    Effect.gen(function* () {
      const { api, faults } = yield* cluster
      const on = { verb: "get" }
      const unavailable = faults.inject(HttpFaults.unavailable(), { on })
      faults.inject(HttpFaults.throttled({ seconds: 0 }), { on, times: 2 })
      assert.strictEqual(yield* reasonOf(api.get(key("a"))), "ok")
      assert.strictEqual(unavailable.injected(), 1)
      const busy = faults.inject(HttpFaults.throttled({ seconds: 0 }), { on, times: Number.POSITIVE_INFINITY })
      assert.strictEqual(yield* reasonOf(api.get(key("a"))), "Unavailable")
      assert.strictEqual(busy.injected(), 5)
    }).pipe(Effect.scoped)
  )

  it.live("a create whose response was lost is rejected when it is retried, because the object exists", () =>
    Effect.gen(function* () {
      const { api, faults, converged } = yield* cluster
      faults.inject(HttpFaults.answerLost(), { on: { verb: "create" } })
      const create = api.create(key("b"), body("b"))
      assert.deepStrictEqual([yield* reasonOf(create), yield* reasonOf(create)], ["Unavailable", "Rejected"])
      assert.strictEqual(yield* converged, 2)
    }).pipe(Effect.scoped)
  )

  it.live("INV-11: a delete whose response was lost succeeds when it is retried", () =>
    Effect.gen(function* () {
      const { api, cache, faults, converged } = yield* cluster
      const { uid } = Option.getOrThrow(yield* cache.get(key("a"))).metadata
      faults.inject(HttpFaults.answerLost(), { on: { verb: "delete" } })
      const remove = api.delete(key("a"), { uid })
      assert.deepStrictEqual([yield* reasonOf(remove), yield* reasonOf(remove)], ["Unavailable", "ok"])
      assert.strictEqual(yield* converged, 0)
    }).pipe(Effect.scoped)
  )
})

describe("HttpFaults: a cache over a failing network", () => {
  const broken = [
    ["watchCut", HttpFaults.watchCut(), 0],
    ["watchEnded", HttpFaults.watchEnded(), 0],
    ["deletedLost", HttpFaults.deletedLost(), 1]
  ] as const

  it.live.each(broken)("catches up with the server after %s, and lists again only if it must", ([, fault, relists]) =>
    Effect.gen(function* () {
      const { faults, lists, converged, request } = yield* cluster
      const before = lists()
      const inject = faults.inject(fault)
      request("create", "b", body("b"))
      request("delete", "a")
      assert.strictEqual(yield* converged, 1)
      assert.deepStrictEqual([inject.injected(), lists() - before], [1, relists])
    }).pipe(Effect.scoped)
  )

  it.live.each(["event", "status"] as const)(
    "lists again when its resource version has expired, reported as %s",
    (as) =>
      Effect.gen(function* () {
        const { faults, lists, converged, request } = yield* cluster
        const before = lists()
        const gone = faults.inject(HttpFaults.historyGone({ as }))
        faults.inject(HttpFaults.watchEnded())
        request("delete", "a")
        assert.strictEqual(yield* converged, 0)
        assert.deepStrictEqual([gone.injected(), lists() - before], [1, 1])
      }).pipe(Effect.scoped)
  )

  it.live("replaces a silent watch by another one without a list", () =>
    Effect.gen(function* () {
      const { faults, lists, converged, request } = yield* cluster
      const before = lists()
      const frozen = faults.inject(HttpFaults.watchFrozen())
      request("create", "b", body("b"))
      assert.strictEqual(yield* converged, 2)
      assert.deepStrictEqual([frozen.injected(), lists() - before], [1, 0])
    }).pipe(Effect.scoped)
  )

  it.live("recovers from a failed watch and a failed list after it", () =>
    Effect.forEach(
      [
        HttpFaults.refused(),
        HttpFaults.serverError(),
        HttpFaults.unavailable(),
        HttpFaults.throttled({ seconds: 1 }),
        HttpFaults.timeout({ handled: false })
      ],
      Effect.fnUntraced(function* (fault) {
        const { faults, converged, request } = yield* cluster
        const injections = ["watch", "list"].map((verb) => faults.inject(fault, { on: { verb } }))
        faults.inject(HttpFaults.deletedLost())
        request("delete", "a")
        request("create", "b", body("b"))
        assert.strictEqual(yield* converged, 1)
        const injected = injections.map((inject) => inject.injected())
        assert.deepStrictEqual([fault.name, ...injected], [fault.name, 1, 1])
      }, Effect.scoped),
      { concurrency: "unbounded", discard: true }
    )
  )
})
