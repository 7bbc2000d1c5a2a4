import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { AuditFile } from "../src/index.ts"

/** One line of a log. Default: a status write. */
const event = (more: object = {}) => ({
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "RequestResponse",
  auditID: "a1b2-7-1",
  stage: "ResponseComplete",
  requestURI: "/apis/example.dev/v1/namespaces/default/widgets/w/status",
  verb: "patch",
  user: { username: "operator" },
  objectRef: {
    resource: "widgets",
    subresource: "status",
    namespace: "default",
    name: "w",
    apiGroup: "example.dev",
    apiVersion: "v1"
  },
  responseStatus: { code: 200 },
  requestObject: { status: { phase: "Painted" } },
  responseObject: { kind: "Widget" },
  requestReceivedTimestamp: "2026-01-01T00:00:00.000001Z",
  ...more
})

const log = (...lines: ReadonlyArray<object | string>) =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")

const read = (...lines: ReadonlyArray<object | string>) => Result.getOrThrow(AuditFile.fromText(log(...lines)))
const refusal = (...lines: ReadonlyArray<object | string>) =>
  Result.match(AuditFile.fromText(log(...lines)), { onFailure: ({ message }) => message, onSuccess: () => "read" })

describe("an audit log", () => {
  it("is read as entries, each with its line and its reconcile pass", () => {
    const { entries, warnings } = read(event({ stage: "ResponseStarted" }), event(), "")
    assert.deepStrictEqual(warnings, [])
    assert.lengthOf(entries, 1)
    assert.deepInclude(entries[0], {
      line: 2,
      level: "RequestResponse",
      pass: "a1b2-7",
      verb: "patch",
      patchFormat: "merge",
      group: "example.dev",
      resource: "widgets/status",
      name: "w",
      user: "operator",
      code: 200,
      at: Date.UTC(2026, 0, 1),
      requestBody: { status: { phase: "Painted" } }
    })
  })

  it("is read without the requests whose authentication failed, which have no user", () => {
    assert.lengthOf(read(event({ user: {}, responseStatus: { code: 401 } }), event()).entries, 1)
  })

  it("tells an apply from a merge patch, and names a created object by its response", () => {
    const { entries } = read(
      event({ requestURI: "/api/v1/namespaces/default/configmaps/c?fieldManager=x&force=true" }),
      event({ verb: "create", objectRef: { resource: "events" }, responseObject: { metadata: { name: "w.1" } } })
    )
    assert.strictEqual(entries[0]?.patchFormat, "apply")
    assert.strictEqual(entries[1]?.name, "w.1")
  })

  it("can be filtered by user", () => {
    const { entries } = read(event(), event({ user: { username: "test-user" } }))
    assert.deepStrictEqual(
      AuditFile.ofUsers(entries, "test-user").map(({ line }) => line),
      [2]
    )
  })

  it("skips a truncated last line with a warning", () => {
    const truncated = read(event(), JSON.stringify(event()).slice(0, 100))
    assert.lengthOf(truncated.entries, 1)
    assert.deepStrictEqual(truncated.warnings, ["line 2, the last one, is truncated and was skipped"])
  })

  it("is rejected with the number of a corrupt line", () => {
    assert.match(refusal(event(), '{"kind":"Ev', event()), /^line 2: not JSON, the log is corrupt; copy /u)
  })

  it("is rejected with what a line contains instead of an Event", () => {
    assert.match(
      refusal({ kind: "Pod", apiVersion: "v1" }),
      /^line 1: expected an Event of audit\.k8s\.io\/v1 but found Pod of v1$/u
    )
    assert.match(refusal(event(), "17"), /^line 2: expected an Event of audit\.k8s\.io\/v1 but found JSON$/u)
    assert.match(refusal(event({ apiVersion: "audit.k8s.io/v1beta1" })), /found Event of audit\.k8s\.io\/v1beta1$/u)
  })

  it.effect("is read from a file, whose path is in every error", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "audit-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
      )
      const path = Path.join(folder, "audit.log")
      const message = AuditFile.fromFile(path).pipe(
        Effect.flip,
        Effect.map((error) => error.message)
      )
      assert.include(yield* message, `cannot read "${path}": `)
      Fs.writeFileSync(path, log(event(), "corrupt", event()))
      assert.include(yield* message, `${path}:2: not JSON`)
      Fs.writeFileSync(path, `${log(event(), event())}\n`)
      assert.lengthOf((yield* AuditFile.fromFile(path)).entries, 2)
    }).pipe(Effect.scoped)
  )
})
