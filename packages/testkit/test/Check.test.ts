import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../src/audit/check/Check.ts"
import { plan, stored } from "./call-log/HandMade.ts"

type Status = Parameters<typeof stored>[1]

/** A line of a log about the widget `w`. */
const event = (more: object = {}) => ({
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "RequestResponse",
  auditID: "0-0",
  stage: "ResponseComplete",
  requestURI: "/",
  verb: "create",
  user: { username: "somebody" },
  objectRef: { resource: "widgets", namespace: "default", name: "w", apiGroup: "example.dev", apiVersion: "v1" },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: "2026-01-01T00:00:00.000001Z",
  ...more
})

const created = event({ responseObject: stored("1", {}) })

/** The operator's status write in a turn, on one version. */
const writes = (pass: string, on: string, status: Status, more: object = {}) =>
  event({
    auditID: pass,
    verb: "patch",
    user: { username: "operator" },
    objectRef: { ...event().objectRef, subresource: "status" },
    requestObject: { metadata: { resourceVersion: on }, status },
    responseObject: stored(String(Number(on) + 1), status),
    ...more
  })

const begun = writes("a1-1-1", "1", plan({}, {}))
const completed = writes("a1-2-1", "2", plan({ phase: "Complete" }, { status: "Complete" }))
const vanished = writes(
  "a1-2-1",
  "2",
  {},
  { requestObject: { metadata: { resourceVersion: "2" }, status: { plan: null } } }
)

/** Answers about a log, in a folder that may hold more. */
const check = (
  lines: ReadonlyArray<object | string>,
  args: ReadonlyArray<string> = [],
  files: Readonly<Record<string, string>> = {}
) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "check-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
    )
    const at = (name: string) => Path.join(folder, name)
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")
    for (const [name, content] of Object.entries({ ...files, "audit.log": text })) Fs.writeFileSync(at(name), content)
    const { code, complaint, output } = yield* run([
      at("audit.log"),
      ...args.map((each) => each.replace("DIR", folder))
    ])
    return { code, output, complaint: complaint.replaceAll(folder, "DIR") }
  }).pipe(Effect.scoped)

const definition = (kind = "Widget") => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.dev }
spec:
  group: example.dev
  scope: Namespaced
  names: { kind: ${kind}, plural: widgets }
  versions: [{ name: v1 }]
`

describe("portolan-check", () => {
  it.effect("says of each law whether it held, and why it was not checked", () =>
    Effect.gen(function* () {
      const { code, complaint, output } = yield* check([created, begun, completed])
      assert.strictEqual(complaint, "")
      assert.strictEqual(code, 0)
      assert.match(
        output,
        /audit\.log: 2 requests of operator in 2 turns\n {2}Widget of example\.dev\/v1, plan at \.status\.plan\n/u
      )
      assert.match(output, /^INV-6 {3}held /mu)
      assert.match(output, /^INV-8 {3}not checked .*\n +no call to an agent is recorded: /mu)
      assert.match(output, /11 held, 0 broke, 3 not checked\n$/u)
    })
  )

  it.effect("shows the requests that broke a law: line, time, user, verb, object and turn", () =>
    Effect.gen(function* () {
      const { code, output } = yield* check([created, begun, vanished])
      assert.strictEqual(code, 1)
      assert.match(output, /^INV-6 {3}broke .*\n +Widget default\/w: active plan p was removed\n/mu)
      assert.include(
        output,
        "line 3  2026-01-01T00:00:00.000Z  operator  patch widgets/status default/w  200  turn a1-2"
      )
    })
  )

  it.effect("is not misled by a write that ended after what it caused", () =>
    Effect.gen(function* () {
      const received = (at: number) => ({ requestReceivedTimestamp: `2026-01-01T00:00:00.00000${at}Z` })
      const edited = event({ ...received(2), verb: "patch", responseObject: stored("2", {}) })
      const planned = writes("a1-1-1", "2", plan({}, {}), received(3))
      const acted = event({
        ...received(4),
        auditID: "a1-2-1",
        verb: "delete",
        user: { username: "operator" },
        objectRef: { resource: "pods", namespace: "default", name: "w", apiVersion: "v1" }
      })
      const done = writes("a1-2-2", "3", plan({ phase: "Complete" }, { status: "Complete" }), received(5))
      for (const lines of [
        [created, planned, edited, acted, done],
        [created, planned, acted, edited, done]
      ]) {
        assert.match((yield* check(lines)).output, /^INV-1 {3}held /mu)
      }
      const unplanned = { ...planned, responseObject: stored("3", {}) }
      assert.match((yield* check([created, unplanned, edited, acted, done])).output, /^INV-1 {3}broke /mu)
    })
  )

  it.effect("says the same as JSON", () =>
    Effect.gen(function* () {
      const { output } = yield* check([created, begun, vanished], ["--json"])
      const { invariants, users } = JSON.parse(output)
      assert.deepStrictEqual(users, ["operator"])
      const [violation] = invariants.find(
        ({ invariant }: { readonly invariant: string }) => invariant === "INV-6"
      ).violations
      assert.deepInclude(violation.requests[0], { line: 3, user: "operator", pass: "a1-2", name: "w" })
    })
  )

  it.effect("takes a kind from its definition, and its plan from elsewhere", () =>
    Effect.gen(function* () {
      const moved = writes("a1-1-1", "1", { rollout: plan({}, {}) })
      const gone = writes(
        "a1-2-1",
        "2",
        { rollout: {} },
        { requestObject: { metadata: { resourceVersion: "2" }, status: { rollout: { plan: null } } } }
      )
      const args = ["--crd", "DIR/crd.yaml", "--plan", "widgets.example.dev=.status.rollout.plan"]
      const { code, output } = yield* check([created, moved, gone], args, { "crd.yaml": definition() })
      assert.strictEqual(code, 1)
      assert.match(output, /^INV-6 {3}broke/mu)
      const hidden = yield* check([created, moved, gone], args.slice(0, 2), { "crd.yaml": definition() })
      assert.strictEqual(hidden.code, 2)
      assert.include(hidden.complaint, "no Widget has a plan at .status.plan: there is a plan at .status.rollout.plan")
    })
  )

  it.effect("judges a controller that names no turns by the user that it is told, and others not at all", () =>
    Effect.gen(function* () {
      const anonymous = [begun, vanished].map((line) => ({ ...line, auditID: "uuid" }))
      const untold = yield* check([created, ...anonymous])
      assert.strictEqual(untold.code, 2)
      assert.include(
        untold.complaint,
        "no request names its turn, so nobody knows whose the controller is: name its --user"
      )
      const notified = yield* check([created, ...anonymous], ["--user", "operator"])
      assert.match(notified.output, /^INV-2 {3}not checked .*\n +no call names its pass: /mu)
      assert.match(notified.output, /^INV-6 {3}broke/mu)
      const other = yield* check([created, begun, { ...vanished, auditID: "uuid", user: { username: "somebody" } }])
      assert.notMatch(other.output, /^INV-6 {3}broke/mu)
    })
  )

  it.effect("says of a log without bodies which laws that keeps from being checked", () =>
    Effect.gen(function* () {
      const bare = [created, begun, completed].map((line) => ({
        ...line,
        level: "Metadata",
        responseObject: undefined
      }))
      const none = yield* check(bare)
      assert.include(none.complaint, "the log holds no bodies: have the audit policy write at level RequestResponse")
      const { code, output } = yield* check(bare, ["--crd", "DIR/crd.yaml"], { "crd.yaml": definition() })
      assert.strictEqual(code, 0)
      assert.match(output, /^INV-2 {3}held/mu)
      assert.match(output, /^INV-6 {3}not checked .*\n +no status write shows its object before and after: /mu)
    })
  )

  it.effect("answers bad input with one line and exit code 2", () =>
    Effect.gen(function* () {
      const complaints = [
        [yield* run([]), "name one audit log"],
        [yield* run(["--nope"]), "Unknown option '--nope'"],
        [yield* run(["/no/audit.log"]), "/no/audit.log cannot be read"],
        [yield* check([]), "holds no requests"],
        [yield* check([created, "{", begun]), "audit.log, line 2 is no JSON"],
        [yield* check([created, begun], ["--plan", "widgets"]), "--plan widgets names no path"],
        [
          yield* check([created, begun], ["--plan", "gadgets.example.dev=.status.plan"]),
          "no request of the log is about such a resource"
        ],
        [yield* check([created, begun], ["--plan", "widgets.example.dev=.spec.plan"]), "not a path within status"],
        [yield* check([created, begun], ["--crd", "DIR/none"]), "--crd DIR/none cannot be read"],
        [yield* check([created, begun], ["--crd", "DIR/x"], { x: "kind: Pod" }), "holds no CustomResourceDefinition"],
        [
          yield* check([created, begun], ["--user", "nobody"]),
          "--user nobody asked for nothing in the log; those who did: somebody, operator"
        ]
      ] as const
      for (const [{ code, complaint }, part] of complaints) {
        assert.include(complaint, part)
        assert.match(complaint, /^portolan-check: [^\n]*\n$/u)
        assert.strictEqual(code, 2)
      }
    })
  )

  it.effect("explains itself", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* run(["--help"]), { code: 0, complaint: "" })
    })
  )
})
