import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { makeServer } from "../../src/services/InMemoryKubernetes.ts"
import * as KubernetesServer from "../../src/services/KubernetesServer.ts"
import { send, serving, watching, widget, widgets } from "./fixture.ts"

describe("KubernetesServer", () => {
  it.effect("serves the verbs on objects and on their status", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      assert.strictEqual((yield* send(url, `POST ${widgets}`, widget("a"))).code, 201)
      const patched = yield* send(
        url,
        `PATCH ${widgets}/a/status`,
        { status: { phase: "Up" }, spec: { size: 9 } },
        { "content-type": "application/merge-patch+json" }
      )
      assert.deepStrictEqual(
        [patched.code, patched.body.status, patched.body.spec],
        [200, { phase: "Up" }, { size: 1 }]
      )
      const { body: read } = yield* send(url, `GET ${widgets}/a`)
      assert.deepStrictEqual(read, patched.body)
      const updated = yield* send(url, `PUT ${widgets}/a`, { ...read, spec: { size: 3 } })
      assert.deepStrictEqual([updated.code, updated.body.spec], [200, { size: 3 }])
      yield* send(url, `POST ${widgets}`, widget("b"))
      const { body: list } = yield* send(url, `GET ${widgets}?limit=1`)
      assert.strictEqual(Array.isArray(list.items) ? list.items.length : 0, 1)
      assert.strictEqual((yield* send(url, `DELETE ${widgets}/a`)).body.status, "Success")
      assert.strictEqual((yield* send(url, `DELETE ${widgets}`)).code, 200)
      assert.deepStrictEqual((yield* send(url, `GET ${widgets}`)).body.items, [])
    })
  )

  it.effect("accepts every patch format, and applies YAML as well as JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const apply = { "content-type": "application/apply-patch+yaml" }
      const yaml = "apiVersion: example.dev/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  size: 2\n"
      const created = yield* send(url, `PATCH ${widgets}/a?fieldManager=me`, yaml, apply)
      assert.deepStrictEqual([created.code, created.body.spec], [201, { size: 2 }])
      const again = yield* send(url, `PATCH ${widgets}/a?fieldManager=me`, widget("a", 4), apply)
      assert.deepStrictEqual([again.code, again.body.spec], [200, { size: 4 }])
      const operations = [{ op: "replace", path: "/spec/size", value: 5 }]
      const json = { "content-type": "application/json-patch+json; charset=utf-8" }
      assert.deepStrictEqual((yield* send(url, `PATCH ${widgets}/a`, operations, json)).body.spec, { size: 5 })
      const strategic = { "content-type": "application/strategic-merge-patch+json" }
      assert.strictEqual((yield* send(url, `PATCH ${widgets}/a`, {}, strategic)).code, 415)
      assert.strictEqual((yield* send(url, `PATCH ${widgets}/a`, {})).code, 415)
    })
  )

  it.effect("responds to 404, 405, 406, 413 and 415 with a Status", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const reasons = [
        yield* send(url, "GET /api/v1/things"),
        yield* send(url, "GET /apis/apps/v9/statefulsets"),
        yield* send(url, "PATCH /api/v1/namespaces/default/configmaps", {}),
        yield* send(url, `GET ${widgets}`, undefined, { accept: "application/vnd.kubernetes.protobuf" }),
        yield* send(url, `POST ${widgets}`, "x".repeat(3 * 1024 * 1024 + 1)),
        yield* send(url, `POST ${widgets}`, "<a/>", { "content-type": "application/xml" }),
        yield* send(url, `POST ${widgets}`, "{")
      ].map(({ body, code }) => [code, body.kind, body.reason])
      assert.deepStrictEqual(reasons, [
        [404, "Status", "NotFound"],
        [404, "Status", "NotFound"],
        [405, "Status", "MethodNotAllowed"],
        [406, "Status", "NotAcceptable"],
        [413, "Status", "RequestEntityTooLarge"],
        [415, "Status", "UnsupportedMediaType"],
        [400, "Status", "BadRequest"]
      ])
    })
  )

  it.effect("responds with plain text to a path that no API serves", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const unknownPath = yield* send(url, "GET /nothing/here")
      const unknownVersion = yield* send(url, "GET /apis/example.dev/v9/widgets")
      assert.deepStrictEqual([unknownPath.code, unknownPath.body.kind], [404, undefined])
      assert.deepStrictEqual([unknownVersion.code, unknownVersion.body.kind], [404, undefined])
    })
  )

  it.effect("requires the bearer token when there is one, except for health", () =>
    Effect.gen(function* () {
      const { audit, kubeconfig, url } = yield* serving({ token: "secret" })
      assert.strictEqual((yield* send(url, `GET ${widgets}`)).code, 401)
      assert.strictEqual((yield* send(url, "GET /readyz")).code, 200)
      const headers = { authorization: "Bearer secret" }
      assert.strictEqual((yield* send(url, `GET ${widgets}`, undefined, headers)).code, 200)
      assert.deepStrictEqual(
        audit().map(({ code }) => code),
        [401, 200]
      )
      assert.strictEqual(JSON.parse(kubeconfig).users[0].user.token, "secret")
    })
  )

  it.effect("logs every request with its user and its reconcile pass", () =>
    Effect.gen(function* () {
      const { audit, url } = yield* serving()
      yield* TestClock.adjust("5 seconds")
      const headers = { "audit-id": "ab12-7-1", "user-agent": "robot/1.0 (x)" }
      const created = yield* send(url, `POST ${widgets}`, widget("a"), headers)
      assert.strictEqual(created.headers.get("audit-id"), "ab12-7-1")
      yield* send(url, `GET ${widgets}/a`, undefined, { "impersonate-user": "ann", "user-agent": "robot/1.0" })
      yield* send(url, "GET /apis")
      const [first, second, ...others] = audit()
      assert.deepStrictEqual(first, {
        auditId: "ab12-7-1",
        pass: "ab12-7",
        verb: "create",
        group: "example.dev",
        version: "v1",
        resource: "widgets",
        namespace: "default",
        name: "a",
        user: "robot",
        uri: widgets,
        code: 201,
        at: 5000,
        requestBody: widget("a"),
        responseBody: created.body
      })
      assert.deepStrictEqual([second?.verb, second?.user, second?.pass], ["get", "ann", undefined])
      assert.isFalse(second !== undefined && "responseBody" in second)
      assert.deepStrictEqual(others, [])
    })
  )

  it.effect("fails with the number of a port that is in use", () =>
    Effect.gen(function* () {
      const { port, server } = yield* serving()
      const error = yield* Effect.flip(KubernetesServer.make({ server, port }))
      assert.strictEqual(error._tag, "PortInUse")
      assert.strictEqual(error.message, `port ${port} is in use`)
    })
  )

  it.effect("is a service, and shares the ApiServer", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const program = Effect.gen(function* () {
        const { url } = yield* KubernetesServer.KubernetesServer
        return (yield* send(url, "GET /api/v1/namespaces/default")).body
      })
      const body = yield* program.pipe(Effect.provide(KubernetesServer.layer({ server })))
      const where = { group: "", version: "v1", plural: "namespaces" }
      assert.deepEqual(body, server.peek(where, "", "default"))
    })
  )

  it.effect("closes watches, sockets and the port when its scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { connections, port, server, url } = yield* serving().pipe(Scope.provide(scope))
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      assert.isAbove(connections(), 0)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(connections(), 0)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(next)))
      assert.strictEqual((yield* KubernetesServer.make({ server, port })).port, port)
    })
  )

  it.effect("counts requests and bytes of open and closed connections", () =>
    Effect.gen(function* () {
      const { traffic, url } = yield* serving()
      assert.deepStrictEqual(traffic(), { connections: 0, requests: 0, bytesReceived: 0, bytesSent: 0 })
      const body = widget("a".repeat(200))
      const closing = { connection: "close" }
      const first = yield* send(url, `POST ${widgets}`, body, closing)
      const { connections, requests, ...bytes } = traffic()
      assert.deepStrictEqual([connections, requests], [1, 1])
      assert.isAbove(bytes.bytesReceived, JSON.stringify(body).length)
      assert.isAbove(bytes.bytesSent, JSON.stringify(first.body).length)
      yield* send(url, `GET ${widgets}`, undefined, closing)
      const after = traffic()
      assert.deepStrictEqual([after.connections, after.requests], [2, 2])
      assert.isAbove(after.bytesSent, bytes.bytesSent)
    })
  )
})
