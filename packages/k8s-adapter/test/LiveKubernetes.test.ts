import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, type ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Client, LiveKubernetes, WriteTracker } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, failure, key, list, stored, version, widget } from "./fixtures/Objects.ts"

const { json, serve } = HttpServer

interface TestCluster {
  readonly api: KubernetesApi.KubernetesApi["Service"]
  readonly status: StatusWriter.StatusWriter["Service"]
  readonly server: HttpServer.Server
  /** What was told about own writes: `Stored a@2 ours`, `Gone uid-a`, or `nothing`. */
  readonly notified: ReadonlyArray<string>
}

const against = <A, E>(reply: HttpServer.Reply, use: (cluster: TestCluster) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const server = yield* serve(reply)
    const layer = LiveKubernetes.layer({ fieldManager: "tester" }).pipe(
      Layer.provideMerge(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ server: server.url }))
    )
    return yield* Effect.gen(function* () {
      const notified: Array<string> = []
      const own = yield* WriteTracker.WriteTracker
      yield* own.subscribe({
        begin: () => undefined,
        end: (_, written) => Effect.sync(() => notified.push(text(written)))
      })
      const api = yield* KubernetesApi.KubernetesApi
      return yield* use({ api, status: yield* StatusWriter.StatusWriter, server, notified })
    }).pipe(Effect.scoped, Effect.provide(layer))
  }).pipe(Effect.scoped)

const text = (written: WriteTracker.Written | undefined): string => {
  if (written === undefined) return "nothing"
  if (written._tag === "Gone") return `Gone ${written.uid}`
  const { name, resourceVersion } = written.object.metadata
  return `Stored ${name}@${resourceVersion}${written.ours ? " ours" : ""}`
}

const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "1" } }

const answers =
  (status: number, body: unknown): HttpServer.Reply =>
  (response) =>
    json(response, status, body)

/** The tag of the reason, and its code if it has one. */
const reason = (error: KubernetesApi.KubernetesError) =>
  error.reason._tag === "Rejected" ? `Rejected ${error.reason.code}` : error.reason._tag

describe("LiveKubernetes", () => {
  it.live("reads an object whole, with fields that nobody knows", () =>
    against(answers(200, { ...stored("a", 1), future: { deep: [1] } }), ({ api, server }) =>
      Effect.gen(function* () {
        const found = Option.getOrThrow(yield* api.get(key("a", widget)))

        assert.deepStrictEqual(found.future, { deep: [1] })
        assert.strictEqual(server.seen[0]?.url, "/apis/example.com/v1/namespaces/default/widgets/a")
      })
    )
  )

  it.live("finds nothing where there is nothing", () =>
    against(answers(404, failure(404, "NotFound")), ({ api }) =>
      Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* api.get(key("a"))))
      })
    )
  )

  it.live("lists page by page, and says what the items of a built-in kind are", () => {
    const { apiVersion: _, kind: __, ...bare } = stored("a", 1)
    return against(
      (response, { url }) =>
        json(response, 200, {
          metadata: { resourceVersion: "9", ...(url.includes("continue") ? {} : { continue: "t" }) },
          items: [bare]
        }),
      ({ api, server }) =>
        Effect.gen(function* () {
          const found = yield* api.list(configMap, { namespace: "sei", labels: { "a/b": "c" } })

          assert.deepStrictEqual(
            found.map(({ kind }) => kind),
            ["ConfigMap", "ConfigMap"]
          )
          const query = "limit=500&labelSelector=a%2Fb%3Dc"
          assert.strictEqual(server.seen[0]?.url, `/api/v1/namespaces/sei/configmaps?${query}`)
          assert.include(server.seen[1]?.url, "continue=t")
        })
    )
  })

  it.live("does not take a list for whole that has a broken object in it", () =>
    against(answers(200, { ...list(9, []), items: [{ metadata: {} }] }), ({ api }) =>
      Effect.gen(function* () {
        assert.strictEqual(reason(yield* Effect.flip(api.list(configMap))), "Unavailable")
      })
    )
  )

  it.live("applies by force under its field manager, and tells whether it created", () =>
    against(
      (response, _, n) => json(response, n === 0 ? 201 : 200, stored("a", n + 1)),
      ({ api, server, notified }) =>
        Effect.gen(function* () {
          yield* api.apply(key("a"), manifest)
          yield* api.apply(key("a"), manifest)

          const [seen] = server.seen
          assert.strictEqual(seen?.url, "/api/v1/namespaces/default/configmaps/a?fieldManager=tester&force=true")
          assert.deepStrictEqual(
            [seen?.method, seen?.headers["content-type"]],
            ["PATCH", "application/apply-patch+yaml"]
          )
          assert.deepStrictEqual(JSON.parse(seen?.body ?? ""), manifest)
          assert.deepStrictEqual(notified, ["Stored a@1 ours", "Stored a@2"])
        })
    )
  )

  it.live("INV-3: writes status and finalizers with the version that was seen", () =>
    against(
      (response, _, n) => json(response, 200, stored("a", 7 + n)),
      ({ server, status, notified }) =>
        Effect.gen(function* () {
          yield* status.patchStatus(key("a"), version(7), { phase: "Running" })
          yield* status.setFinalizers(key("a"), version(7), ["x/y"])

          const [first, second] = server.seen
          assert.deepStrictEqual(JSON.parse(first?.body ?? ""), {
            metadata: { resourceVersion: "7" },
            status: { phase: "Running" }
          })
          assert.include(first?.url, "/configmaps/a/status?")
          assert.deepStrictEqual(JSON.parse(second?.body ?? ""), {
            metadata: { resourceVersion: "7", finalizers: ["x/y"] }
          })
          assert.strictEqual(second?.headers["content-type"], "application/merge-patch+json")
          assert.deepStrictEqual(notified, ["Stored a@7", "Stored a@8 ours"])
        })
    )
  )

  it.live("knows that an object is gone when its last finalizer went", () =>
    against(answers(200, stored("a", 3, { deletionTimestamp: "2026-01-01T00:00:00Z" })), ({ status, notified }) =>
      Effect.gen(function* () {
        const last = yield* status.setFinalizers(key("a"), version(2), [])

        assert.strictEqual(last.metadata.name, "a")
        assert.deepStrictEqual(notified, ["Gone uid-a"])
      })
    )
  )

  it.live("INV-13: takes one finalizer off exactly the object that was seen, and knows what that left", () =>
    against(
      (response, _, n) =>
        n === 0
          ? json(response, 200, stored("a", 8, { finalizers: ["x/z"] }))
          : json(response, 404, failure(404, "NotFound")),
      ({ api, server, notified }) =>
        Effect.gen(function* () {
          const seen = stored("a", 7, { finalizers: ["x/y", "x/z"] })
          yield* api.removeFinalizer(configMap, seen, "x/y")
          yield* api.removeFinalizer(configMap, seen, "x/z")
          yield* api.removeFinalizer(configMap, seen, "x/other")

          assert.deepStrictEqual(JSON.parse(server.seen[0]?.body ?? ""), {
            metadata: { uid: "uid-a", resourceVersion: "7", finalizers: ["x/z"] }
          })
          assert.strictEqual(server.seen[0]?.url, "/api/v1/namespaces/default/configmaps/a?fieldManager=tester")
          assert.deepStrictEqual([server.seen.length, notified], [2, ["Stored a@8 ours", "Gone uid-a"]])
        })
    )
  )

  it.live("INV-11: deletes only what was seen, dependents in the background", () =>
    against(answers(200, { kind: "Status", status: "Success" }), ({ api, server, notified }) =>
      Effect.gen(function* () {
        yield* api.delete(key("a"), { uid: "uid-a", resourceVersion: version(4) })

        const body = JSON.parse(server.seen[0]?.body ?? "")
        assert.deepStrictEqual(body.preconditions, { uid: "uid-a", resourceVersion: "4" })
        assert.strictEqual(body.propagationPolicy, "Background")
        assert.deepStrictEqual(notified, ["Gone uid-a"])
      })
    )
  )

  it.live("takes a delete for done when nothing was there, and a terminating object for going", () =>
    against(
      (response, _, n) => (n === 0 ? json(response, 404, failure(404, "NotFound")) : json(response, 200, going)),
      ({ api, notified }) =>
        Effect.gen(function* () {
          yield* api.delete(key("a"), { uid: "uid-a" })
          yield* api.delete(key("a"), { uid: "uid-a" })

          assert.deepStrictEqual(notified, ["Gone uid-a", "Stored a@5"])
        })
    )
  )

  it.live.each([
    ["409 is a lost race", 409, failure(409, "Conflict"), "Conflict"],
    ["409 on a name that is taken is a no", 409, failure(409, "AlreadyExists"), "Rejected AlreadyExists"],
    ["422 is a no", 422, failure(422, "Invalid"), "Rejected Invalid"],
    ["404 is a no", 404, failure(404, "NotFound"), "Rejected NotFound"],
    ["403 without a status is a no", 403, "<html>", "Rejected Forbidden"],
    ["429 is no answer", 429, failure(429, "TooManyRequests"), "Unavailable"],
    ["500 is no answer", 500, failure(500, "InternalError"), "Unavailable"],
    ["504 is no answer", 504, {}, "Unavailable"],
    ["200 with something else is no answer", 200, { hello: "world" }, "Unavailable"]
  ] as const)("of a write, %s", ([_, status, body, expected]) =>
    against(answers(status, body), ({ api, server, notified }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(api.create(key("a"), manifest))

        assert.strictEqual(reason(error), expected)
        assert.match(error.message, /^create ConfigMap default\/a: /)
        assert.deepStrictEqual([server.seen.length, notified], [1, ["nothing"]])
      })
    )
  )

  it.live("INV-11: a delete of something else by that name is a lost race", () =>
    against(answers(409, failure(409, "Conflict")), ({ api }) =>
      Effect.gen(function* () {
        assert.strictEqual(reason(yield* Effect.flip(api.delete(key("a"), { uid: "old" }))), "Conflict")
      })
    )
  )

  it.live("a broken connection is no answer", () =>
    against(
      (response) => response.socket?.destroy(),
      ({ api }) =>
        Effect.gen(function* () {
          assert.strictEqual(reason(yield* Effect.flip(api.get(key("a")))), "Unavailable")
        })
    )
  )
})

const going: ObjectMeta.KubernetesObject = stored("a", 5, {
  deletionTimestamp: "2026-01-01T00:00:00Z",
  finalizers: ["x/y"]
})
