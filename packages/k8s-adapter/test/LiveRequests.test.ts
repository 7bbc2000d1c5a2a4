/** What is sent to the API server: method, path, headers and body of each operation, and what its errors name. */
import { assert, describe, it } from "@effect/vitest"
import { EventRecorder, KubernetesApi, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { Client, LiveEvents, LiveKubernetes, WriteTracker } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, failure, key, list, stored, version } from "./fixtures/Objects.ts"

type Services = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter | EventRecorder.EventRecorder
type Operation = Effect.Effect<unknown, KubernetesApi.KubernetesError, Services>

/** Runs an operation against a server. Returns its requests, its error message and the log. */
const run = (operation: Operation, reply: HttpServer.Reply) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const server = yield* HttpServer.serve(reply)
    const services = Layer.merge(
      LiveKubernetes.layer({ fieldManager: "tester" }).pipe(Layer.provide(WriteTracker.layer)),
      LiveEvents.layer({ component: "tester" })
    ).pipe(Layer.provide(Client.layerFromKubeconfig({ server: server.url })))
    const message = yield* operation.pipe(
      Effect.as(""),
      Effect.catch((error) => Effect.succeed(error.message)),
      Effect.provide(
        Layer.merge(services, Logger.layer([Logger.make((entry) => void log.push(String(entry.message)))]))
      )
    )
    return { requests: server.requests, message, log }
  }).pipe(Effect.scoped)

const reply =
  (status: number, body: unknown): HttpServer.Reply =>
  (response) =>
    HttpServer.json(response, status, body)

const api = KubernetesApi.KubernetesApi
const status = StatusWriter.StatusWriter
const URL_OF_A = "/api/v1/namespaces/default/configmaps/a"
const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "1" } }
const finalized: ObjectMeta.KubernetesObject = {
  ...stored("a", 1),
  metadata: { ...stored("a", 1).metadata, finalizers: ["x/y", "x/z"] }
}
const merge = "application/merge-patch+json"

const operations: ReadonlyArray<
  readonly [verb: string, run: Operation, request: string, type: string | undefined, body: unknown]
> = [
  ["get", api.use((server) => server.get(key("a"))), `GET ${URL_OF_A}`, undefined, undefined],
  [
    "create",
    api.use((server) => server.create(key("a"), manifest)),
    "POST /api/v1/namespaces/default/configmaps?fieldManager=tester",
    "application/json",
    manifest
  ],
  [
    "apply",
    api.use((server) => server.apply(key("a"), manifest, undefined)),
    `PATCH ${URL_OF_A}?fieldManager=tester&force=false`,
    "application/apply-patch+yaml",
    { ...manifest, metadata: { name: "a", resourceVersion: "1" } }
  ],
  [
    "delete",
    api.use((server) => server.delete(key("a"), { uid: "u", resourceVersion: version(3) })),
    `DELETE ${URL_OF_A}`,
    "application/json",
    {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: "u", resourceVersion: "3" },
      propagationPolicy: "Background"
    }
  ],
  [
    "removeFinalizer",
    api.use((server) => server.removeFinalizer(configMap, finalized, "x/y")),
    `PATCH ${URL_OF_A}?fieldManager=tester`,
    merge,
    { metadata: { uid: "uid-a", finalizers: ["x/z"], resourceVersion: "1" } }
  ],
  [
    "patchStatus",
    status.use((writer) => writer.patchStatus(key("a"), version(3), { phase: "x" })),
    `PATCH ${URL_OF_A}/status?fieldManager=tester`,
    merge,
    { status: { phase: "x" }, metadata: { resourceVersion: "3" } }
  ],
  [
    "setFinalizers",
    status.use((writer) => writer.setFinalizers(key("a"), version(3), ["x/y"])),
    `PATCH ${URL_OF_A}?fieldManager=tester`,
    merge,
    { metadata: { finalizers: ["x/y"], resourceVersion: "3" } }
  ]
]

describe("a request to the API server", () => {
  it.live.each(operations)("of %s has its method, path and body", ([, operation, request, type, body]) =>
    Effect.gen(function* () {
      const { message, requests } = yield* run(operation, reply(200, stored("a", 5)))
      assert.strictEqual(message, "")
      const [sent] = requests
      assert.lengthOf(requests, 1)
      assert.strictEqual(`${sent?.method} ${sent?.url}`, request)
      assert.deepInclude(sent?.headers, { accept: "application/json", "user-agent": "portolan/0" })
      assert.strictEqual(sent?.headers["content-type"], type)
      assert.deepStrictEqual(sent?.body === "" ? undefined : JSON.parse(sent?.body ?? ""), body)
    })
  )

  it.live.each(operations)("of %s that fails names the operation, the object and the reason", ([verb, operation]) =>
    Effect.gen(function* () {
      const prefix = `${verb} ConfigMap default/a: `
      const rejected = yield* run(operation, reply(403, failure(403, "Forbidden")))
      assert.strictEqual(rejected.message, `${prefix}Forbidden: message of the API server`)
      const broken = yield* run(operation, (response) => response.socket?.destroy())
      assert.isTrue(broken.message.startsWith(prefix), broken.message)
      const odd = yield* run(operation, reply(200, {}))
      assert.strictEqual(odd.message, `${prefix}response is not a Kubernetes object`)
      const redirected = yield* run(operation, reply(300, stored("a", 5)))
      assert.isTrue(redirected.message.startsWith(`${prefix}HTTP 300: {`), redirected.message)
    })
  )

  it.live("of an object without the finalizer is not sent", () =>
    Effect.gen(function* () {
      const remove = api.use((server) => server.removeFinalizer(configMap, stored("a", 1), "x/y"))
      assert.deepStrictEqual((yield* run(remove, reply(200, {}))).requests, [])
    })
  )

  it.live.each([
    ["in a namespace", { namespace: "sei" }, "list ConfigMap sei/*"],
    ["of all namespaces", {}, "list ConfigMap *"]
  ] as const)("of a list %s that fails names the kind and the reason", ([, selection, name]) =>
    Effect.gen(function* () {
      const operation = api.use((server) => server.list(configMap, selection))
      const { message, requests } = yield* run(operation, reply(403, failure(403, "Forbidden")))
      assert.strictEqual(message, `${name}: Forbidden: message of the API server`)
      assert.strictEqual(requests[0]?.method, "GET")
      const noList = yield* run(operation, reply(200, { text: "x".repeat(200) }))
      assert.strictEqual(
        noList.message,
        `${name}: response is not a list: ${`{"text":"${"x".repeat(200)}`.slice(0, 100)}`
      )
      const noItem = yield* run(operation, reply(200, { ...list(1, []), items: [{}] }))
      assert.strictEqual(noItem.message, `${name}: response has an item without metadata`)
      assert.strictEqual((yield* run(operation, reply(200, { metadata: { resourceVersion: "1" } }))).message, "")
      const gone = yield* run(operation, reply(410, failure(410, "Expired")))
      assert.strictEqual(gone.message, `${name}: Expired: message of the API server`)
      assert.lengthOf(gone.requests, 1)
    })
  )

  it.live("that is answered without a body says its status", () =>
    Effect.gen(function* () {
      const empty: HttpServer.Reply = (response) => response.writeHead(403).end()
      const { message } = yield* run(
        api.use((server) => server.get(key("a"))),
        empty
      )
      assert.strictEqual(message, "get ConfigMap default/a: HTTP 403")
      const long = yield* run(
        api.use((server) => server.get(key("a"))),
        (response) => response.writeHead(403).end("x".repeat(2000))
      )
      assert.strictEqual(long.message, `get ConfigMap default/a: HTTP 403: ${"x".repeat(1000)}`)
    })
  )
})

describe("an event", () => {
  const record = (kind: ObjectMeta.ObjectKind, object: ObjectMeta.KubernetesObject) =>
    EventRecorder.EventRecorder.use((recorder) =>
      recorder.record(kind, object, { type: "Normal", reason: "Seen", message: "seen" })
    )
  const bodyOf = (sent: { readonly body: string } | undefined) => JSON.parse(sent?.body ?? "")

  it.live("of a cluster-wide object is stored in the namespace default", () =>
    Effect.gen(function* () {
      const { namespace: _, ...metadata } = stored("a", 1).metadata
      const node = ObjectMeta.clusterWide("v1", "Node", "nodes")
      const { requests } = yield* run(record(node, { ...stored("a", 1), metadata }), reply(201, {}))
      assert.strictEqual(requests[0]?.url, "/api/v1/namespaces/default/events")
      const { involvedObject, reportingInstance } = bodyOf(requests[0])
      assert.notProperty(involvedObject, "namespace")
      assert.strictEqual(reportingInstance, "")
    })
  )

  it.live("has a name of at most 253 characters, which ends in eight digits", () =>
    Effect.gen(function* () {
      const { requests } = yield* run(record(configMap, stored("a".repeat(253), 1)), reply(201, {}))
      assert.match(bodyOf(requests[0]).metadata.name, /^a{244}\.[0-9a-f]{8}$/u)
    })
  )

  it.effect("has a time in seconds", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(1_234)
      const { requests } = yield* run(record(configMap, stored("a", 1)), reply(201, {}))
      assert.strictEqual(bodyOf(requests[0]).firstTimestamp, "1970-01-01T00:00:01Z")
    })
  )

  it.live("that is rejected or lost is logged with its object, and one that is stored is not", () =>
    Effect.gen(function* () {
      const event = record(configMap, stored("a", 1))
      const dropped = 'cannot record event "Seen" of ConfigMap default/a'
      const rejected = yield* run(event, reply(403, failure(403, "Forbidden")))
      assert.lengthOf(rejected.log, 1)
      assert.include(rejected.log[0], dropped)
      assert.include(rejected.log[0], "Forbidden: message of the API server")
      const lost = yield* run(event, (response) => response.socket?.destroy())
      assert.lengthOf(lost.log, 1)
      assert.include(lost.log[0], dropped)
      assert.deepStrictEqual((yield* run(event, reply(201, {}))).log, [])
    })
  )
})
