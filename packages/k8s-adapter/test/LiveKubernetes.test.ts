import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, type ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Client, LiveKubernetes, WriteTracker } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, failure, key, list, stored, version, widget } from "./fixtures/Objects.ts"

const { json, serve } = HttpServer

interface Context {
  readonly api: KubernetesApi.KubernetesApi["Service"]
  readonly status: StatusWriter.StatusWriter["Service"]
  readonly server: HttpServer.Server
  /** Results of tracked writes: `Stored a@2 own`, `Deleted uid-a`, or `none`. */
  readonly results: ReadonlyArray<string>
}

const withServer = <A, E>(reply: HttpServer.Reply, use: (context: Context) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const server = yield* serve(reply)
    const layer = LiveKubernetes.layer({ fieldManager: "tester" }).pipe(
      Layer.provideMerge(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ server: server.url }))
    )
    return yield* Effect.gen(function* () {
      const results: Array<string> = []
      const tracker = yield* WriteTracker.WriteTracker
      yield* tracker.subscribe({
        begin: () => undefined,
        end: (_, result) => Effect.sync(() => results.push(text(result)))
      })
      const api = yield* KubernetesApi.KubernetesApi
      return yield* use({ api, status: yield* StatusWriter.StatusWriter, server, results })
    }).pipe(Effect.scoped, Effect.provide(layer))
  }).pipe(Effect.scoped)

const text = (result: WriteTracker.WriteResult | undefined): string => {
  if (result === undefined) return "none"
  if (result._tag === "Deleted") return `Deleted ${result.uid}`
  const { name, resourceVersion } = result.object.metadata
  return `Stored ${name}@${resourceVersion}${result.isOwnVersion ? " own" : ""}`
}

const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "1" } }

const replyWith =
  (status: number, body: unknown): HttpServer.Reply =>
  (response) =>
    json(response, status, body)

const finalized = { metadata: { ...stored("a", 1).metadata, finalizers: ["example.dev/x"] } }

/** The body of a 404 for an object that does not exist. */
const absent = { ...failure(404, "NotFound"), details: { name: "a", kind: "configmaps" } }

/** The reason of an error: its tag, and the code of a rejection. */
const reason = (error: KubernetesApi.KubernetesError) =>
  error.reason._tag === "Rejected" ? `Rejected ${error.reason.code}` : error.reason._tag

/** Replies after which an operation may have been stored, and what its error says. */
const failures: ReadonlyArray<readonly [string, HttpServer.Reply, string]> = [
  ["is answered with 500", replyWith(500, {}), "HTTP 500"],
  ["is answered without an object", replyWith(200, { hello: "world" }), "response is not a"],
  ["is answered with a Status of a failure", replyWith(200, failure(500, "InternalError")), "response is not a"],
  ["has no response", (response) => response.socket?.destroy(), ""]
]

describe("LiveKubernetes", () => {
  it.live("returns an object with all its fields, known or not", () =>
    withServer(replyWith(200, { ...stored("a", 1), future: { deep: [1] } }), ({ api, server }) =>
      Effect.gen(function* () {
        const found = Option.getOrThrow(yield* api.get(key("a", widget)))

        assert.deepStrictEqual(found.future, { deep: [1] })
        assert.strictEqual(server.requests[0]?.url, "/apis/example.com/v1/namespaces/default/widgets/a")
      })
    )
  )

  it.live("returns no object after 404", () =>
    withServer(replyWith(404, absent), ({ api }) =>
      Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* api.get(key("a"))))
      })
    )
  )

  it.live("lists in pages, and adds apiVersion and kind to items without them", () => {
    const { apiVersion: _, kind: __, ...withoutKind } = stored("a", 1)
    return withServer(
      (response, { url }) =>
        json(response, 200, {
          metadata: { resourceVersion: "9", ...(url.includes("continue") ? {} : { continue: "t" }) },
          items: [withoutKind]
        }),
      ({ api, server }) =>
        Effect.gen(function* () {
          const found = yield* api.list(configMap, { namespace: "sei", labels: { "a/b": "c" } })

          assert.deepStrictEqual(
            found.map(({ kind }) => kind),
            ["ConfigMap", "ConfigMap"]
          )
          const query = "limit=500&labelSelector=a%2Fb%3Dc"
          assert.strictEqual(server.requests[0]?.url, `/api/v1/namespaces/sei/configmaps?${query}`)
          assert.include(server.requests[1]?.url, "continue=t")
        })
    )
  })

  it.live("fails a list with an item that cannot be decoded", () =>
    withServer(replyWith(200, { ...list(9, []), items: [{ metadata: {} }] }), ({ api }) =>
      Effect.gen(function* () {
        assert.strictEqual(reason(yield* Effect.flip(api.list(configMap))), "Unavailable")
      })
    )
  )

  it.live("INV-17: applies by force onto a known uid alone, and without force at a version that no object has", () =>
    withServer(
      (response, _, n) => json(response, n === 0 ? 201 : 200, stored("a", n + 1)),
      ({ api, server, results }) =>
        Effect.gen(function* () {
          const created = yield* api.apply(key("a"), manifest, undefined)
          yield* api.apply(key("a"), manifest, created)

          const path = "/api/v1/namespaces/default/configmaps/a?fieldManager=tester"
          const applied = (expected: object) => ({ ...manifest, metadata: { ...manifest.metadata, ...expected } })
          assert.deepStrictEqual(
            server.requests.map(({ body, headers, method, url }) => [
              method,
              url,
              headers["content-type"],
              JSON.parse(body)
            ]),
            [
              ["PATCH", `${path}&force=false`, "application/apply-patch+yaml", applied({ resourceVersion: "1" })],
              ["PATCH", `${path}&force=true`, "application/apply-patch+yaml", applied({ uid: created.metadata.uid })]
            ]
          )
          assert.deepStrictEqual(results, ["Stored a@1 own", "Stored a@2"])
        })
    )
  )

  it.live("INV-17: an apply onto another object than the one that was read, or of another controller, conflicts", () =>
    Effect.gen(function* () {
      const invalid = (...fields: ReadonlyArray<string>) => ({
        ...failure(422, "Invalid"),
        details: { causes: fields.map((field) => ({ reason: "FieldValueInvalid", field })) }
      })
      const answer = (body: object) =>
        withServer(replyWith(422, body), ({ api }) => Effect.flip(api.apply(key("a"), manifest, stored("a", 1))))
      assert.strictEqual(reason(yield* answer(invalid("metadata.uid"))), "Conflict")
      assert.strictEqual(reason(yield* answer(invalid("metadata.ownerReferences"))), "Conflict")
      assert.strictEqual(reason(yield* answer(invalid("metadata.uid", "data"))), "Rejected Invalid")
      assert.strictEqual(reason(yield* answer(invalid())), "Rejected Invalid")
    })
  )

  it.live("INV-3: writes status and finalizers with the observed resourceVersion", () =>
    withServer(
      (response, _, n) => json(response, 200, stored("a", 7 + n)),
      ({ server, status, results }) =>
        Effect.gen(function* () {
          yield* status.patchStatus(key("a"), version(7), { phase: "Running" })
          yield* status.setFinalizers(key("a"), version(7), ["x/y"])

          const [first, second] = server.requests
          assert.deepStrictEqual(JSON.parse(first?.body ?? ""), {
            metadata: { resourceVersion: "7" },
            status: { phase: "Running" }
          })
          assert.include(first?.url, "/configmaps/a/status?")
          assert.deepStrictEqual(JSON.parse(second?.body ?? ""), {
            metadata: { resourceVersion: "7", finalizers: ["x/y"] }
          })
          assert.strictEqual(second?.headers["content-type"], "application/merge-patch+json")
          assert.deepStrictEqual(results, ["Stored a@7", "Stored a@8 own"])
        })
    )
  )

  it.live("reports an object as deleted after the removal of its last finalizer", () =>
    withServer(replyWith(200, stored("a", 3, { deletionTimestamp: "2026-01-01T00:00:00Z" })), ({ status, results }) =>
      Effect.gen(function* () {
        const last = yield* status.setFinalizers(key("a"), version(2), [])

        assert.strictEqual(last.metadata.name, "a")
        assert.deepStrictEqual(results, ["Deleted uid-a"])
      })
    )
  )

  it.live("INV-13: removes one finalizer of exactly the observed object, and reports the result", () =>
    withServer(
      (response, _, n) =>
        n === 0 ? json(response, 200, stored("a", 8, { finalizers: ["x/z"] })) : json(response, 404, absent),
      ({ api, server, results }) =>
        Effect.gen(function* () {
          const observed = stored("a", 7, { finalizers: ["x/y", "x/z"] })
          yield* api.removeFinalizer(configMap, observed, "x/y")
          yield* api.removeFinalizer(configMap, observed, "x/z")
          yield* api.removeFinalizer(configMap, observed, "x/other")

          assert.deepStrictEqual(JSON.parse(server.requests[0]?.body ?? ""), {
            metadata: { uid: "uid-a", resourceVersion: "7", finalizers: ["x/z"] }
          })
          assert.strictEqual(server.requests[0]?.url, "/api/v1/namespaces/default/configmaps/a?fieldManager=tester")
          assert.deepStrictEqual([server.requests.length, results], [2, ["Stored a@8 own", "Deleted uid-a"]])
        })
    )
  )

  it.live("INV-11: deletes only the observed object, with background propagation", () =>
    withServer(replyWith(200, { kind: "Status", status: "Success" }), ({ api, server, results }) =>
      Effect.gen(function* () {
        yield* api.delete(key("a"), { uid: "uid-a", resourceVersion: version(4) })

        const body = JSON.parse(server.requests[0]?.body ?? "")
        assert.deepStrictEqual(body.preconditions, { uid: "uid-a", resourceVersion: "4" })
        assert.strictEqual(body.propagationPolicy, "Background")
        assert.deepStrictEqual(results, ["Deleted uid-a"])
      })
    )
  )

  it.live("INV-11: takes no object for deleted after a 404 that does not name it, as of a proxy or a missing CRD", () =>
    Effect.forEach([failure(404, "NotFound"), "404 page not found", { ...absent, details: { name: "" } }], (body) =>
      withServer(replyWith(404, body), ({ api, results }) =>
        Effect.gen(function* () {
          const at = key("a")
          const errors = [
            yield* Effect.flip(api.get(at)),
            yield* Effect.flip(api.delete(at, { uid: "uid-a" })),
            yield* Effect.flip(api.removeFinalizer(at.kind, { ...stored("a", 1), ...finalized }, "example.dev/x"))
          ]
          assert.deepStrictEqual(
            errors.map(reason),
            Array.from({ length: 3 }, () => "Rejected NotFound")
          )
          assert.deepStrictEqual(results, ["none", "none"])
        })
      )
    )
  )

  it.live("reports a delete after 404 as deleted, and a terminating object as stored", () =>
    withServer(
      (response, _, n) => (n === 0 ? json(response, 404, absent) : json(response, 200, terminating)),
      ({ api, results }) =>
        Effect.gen(function* () {
          yield* api.delete(key("a"), { uid: "uid-a" })
          yield* api.delete(key("a"), { uid: "uid-a" })

          assert.deepStrictEqual(results, ["Deleted uid-a", "Stored a@5"])
        })
    )
  )

  it.live.each([
    ["409 Conflict is a conflict", 409, failure(409, "Conflict"), "Conflict"],
    ["409 AlreadyExists is a rejection", 409, failure(409, "AlreadyExists"), "Rejected AlreadyExists"],
    ["422 is a rejection", 422, failure(422, "Invalid"), "Rejected Invalid"],
    ["404 is a rejection", 404, failure(404, "NotFound"), "Rejected NotFound"],
    ["403 without a Status is a rejection", 403, "<html>", "Rejected Forbidden"],
    ["429 is unavailable", 429, failure(429, "TooManyRequests"), "Unavailable"],
    ["500 is unavailable", 500, failure(500, "InternalError"), "Unavailable"],
    ["504 is unavailable", 504, {}, "Unavailable"],
    ["200 without an object is unavailable", 200, { hello: "world" }, "Unavailable"]
  ] as const)("after a write, %s", ([_, status, body, expected]) =>
    withServer(replyWith(status, body), ({ api, server, results }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(api.create(key("a"), manifest))

        assert.strictEqual(reason(error), expected)
        assert.match(error.message, /^create ConfigMap default\/a: /)
        assert.deepStrictEqual([server.requests.length, results], [1, ["none"]])
      })
    )
  )

  it.live("INV-11: a delete fails with a conflict when the name belongs to another uid", () =>
    withServer(replyWith(409, failure(409, "Conflict")), ({ api }) =>
      Effect.gen(function* () {
        assert.strictEqual(reason(yield* Effect.flip(api.delete(key("a"), { uid: "old" }))), "Conflict")
      })
    )
  )

  it.live("a broken connection is unavailable", () =>
    withServer(
      (response) => response.socket?.destroy(),
      ({ api }) =>
        Effect.gen(function* () {
          assert.strictEqual(reason(yield* Effect.flip(api.get(key("a")))), "Unavailable")
        })
    )
  )

  it.live("sends each operation with its method, and with the field manager when it writes fields", () =>
    withServer(replyWith(200, { ...list(9, []), ...stored("a", 5) }), ({ api, server, status }) =>
      Effect.gen(function* () {
        for (const [, run] of operations) yield* run({ api, status })

        const path = "/api/v1/namespaces/default/configmaps"
        const manager = "fieldManager=tester"
        assert.deepStrictEqual(
          server.requests.map(({ method, url }) => `${method} ${url}`),
          [
            `GET ${path}/a`,
            `GET ${path}?limit=500`,
            `GET /api/v1/configmaps?limit=500`,
            `POST ${path}?${manager}`,
            `PATCH ${path}/a?${manager}&force=false`,
            `DELETE ${path}/a`,
            `PATCH ${path}/a?${manager}`,
            `PATCH ${path}/a/status?${manager}`,
            `PATCH ${path}/a?${manager}`
          ]
        )
        assert.deepInclude(JSON.parse(server.requests[5]?.body ?? ""), { apiVersion: "v1", kind: "DeleteOptions" })
      })
    )
  )

  it.live.each(failures)("names the operation and the object when it %s", ([, reply, message]) =>
    withServer(reply, ({ api, status }) =>
      Effect.gen(function* () {
        for (const [name, run] of operations) {
          const error = yield* Effect.flip(run({ api, status }))
          assert.include(error.message, `${name}: `)
          assert.include(error.message, message)
          assert.strictEqual(reason(error), "Unavailable")
        }
      })
    )
  )

  it.live("reports a created object as a version of this process alone", () =>
    withServer(replyWith(201, stored("a", 5)), ({ api, results }) =>
      Effect.gen(function* () {
        yield* api.create(key("a"), manifest)

        assert.deepStrictEqual(results, ["Stored a@5 own"])
      })
    )
  )

  it.live("reports an object in its grace period as stored, not as deleted", () =>
    withServer(replyWith(200, terminatingPod), ({ api, results }) =>
      Effect.gen(function* () {
        yield* api.delete(key("a"), { uid: "uid-a" })

        assert.deepStrictEqual(results, ["Stored a@5"])
      })
    )
  )
})

/** Every operation on the object `a` or its collection, with its name in errors. */
const operations: ReadonlyArray<
  readonly [
    string,
    (services: Pick<Context, "api" | "status">) => Effect.Effect<unknown, KubernetesApi.KubernetesError>
  ]
> = [
  ["get ConfigMap default/a", ({ api }) => api.get(key("a"))],
  ["list ConfigMap default/*", ({ api }) => api.list(configMap, { namespace: "default" })],
  ["list ConfigMap *", ({ api }) => api.list(configMap)],
  ["create ConfigMap default/a", ({ api }) => api.create(key("a"), manifest)],
  ["apply ConfigMap default/a", ({ api }) => api.apply(key("a"), manifest, undefined)],
  ["delete ConfigMap default/a", ({ api }) => api.delete(key("a"), { uid: "uid-a" })],
  [
    "removeFinalizer ConfigMap default/a",
    ({ api }) => api.removeFinalizer(configMap, stored("a", 1, { finalizers: ["x/y"] }), "x/y")
  ],
  ["patchStatus ConfigMap default/a", ({ status }) => status.patchStatus(key("a"), version(1), {})],
  ["setFinalizers ConfigMap default/a", ({ status }) => status.setFinalizers(key("a"), version(1), ["x/y"])]
]

const terminatingPod = {
  ...stored("a", 5),
  metadata: {
    ...stored("a", 5, { deletionTimestamp: "2026-01-01T00:00:00Z" }).metadata,
    deletionGracePeriodSeconds: 30
  }
}

const terminating: ObjectMeta.KubernetesObject = stored("a", 5, {
  deletionTimestamp: "2026-01-01T00:00:00Z",
  finalizers: ["x/y"]
})
