import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { AuditFile } from "../src/index.ts"

/** One line of a log: a status write, unless told. */
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
  it("is read as entries, each with its line and its turn", () => {
    const { entries, remarks } = read(event({ stage: "ResponseStarted" }), event(), "")
    assert.deepStrictEqual(remarks, [])
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

  it("tells an apply from a patch, and what was created by its answer", () => {
    const { entries } = read(
      event({ requestURI: "/api/v1/namespaces/default/configmaps/c?fieldManager=x&force=true" }),
      event({ verb: "create", objectRef: { resource: "events" }, responseObject: { metadata: { name: "w.1" } } })
    )
    assert.strictEqual(entries[0]?.patchFormat, "apply")
    assert.strictEqual(entries[1]?.name, "w.1")
  })

  it("keeps requests of some users", () => {
    const { entries } = read(event(), event({ user: { username: "somebody" } }))
    assert.deepStrictEqual(
      AuditFile.ofUsers(entries, "somebody").map(({ line }) => line),
      [2]
    )
  })

  it("may be cut off in its last line, which is remarked upon", () => {
    const cut = read(event(), JSON.stringify(event()).slice(0, 100))
    assert.lengthOf(cut.entries, 1)
    assert.deepStrictEqual(cut.remarks, ["line 2, the last, is cut off and was left out"])
  })

  it("may not be damaged before: the line is named", () => {
    assert.match(refusal(event(), '{"kind":"Ev', event()), /^line 2 is no JSON: the log is damaged there; /u)
  })

  it("may not be something else: what it is, is named", () => {
    assert.match(
      refusal({ kind: "Pod", apiVersion: "v1" }),
      /^line 1 is Pod of v1 and no Event of audit\.k8s\.io\/v1: /u
    )
    assert.match(refusal(event(), "17"), /^line 2 is JSON and no Event/u)
    assert.match(refusal(event({ apiVersion: "audit.k8s.io/v1beta1" })), /is Event of audit\.k8s\.io\/v1beta1 /u)
  })

  it.effect("is read from a file, whose name is in every complaint", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "audit-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
      )
      const path = Path.join(folder, "audit.log")
      const complaint = AuditFile.fromFile(path).pipe(
        Effect.flip,
        Effect.map(({ message }) => message)
      )
      assert.include(yield* complaint, `${path} cannot be read: `)
      Fs.writeFileSync(path, log(event(), "torn", event()))
      assert.include(yield* complaint, `${path}, line 2 is no JSON`)
      Fs.writeFileSync(path, `${log(event(), event())}\n`)
      assert.lengthOf((yield* AuditFile.fromFile(path)).entries, 2)
    }).pipe(Effect.scoped)
  )
})
