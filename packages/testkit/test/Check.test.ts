import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../src/audit/check/Check.ts"
import { plan, stored } from "./call-log/HandMade.ts"

type Status = Parameters<typeof stored>[1]

/** A line of a log: a request about the widget `w`. */
const event = (more: object = {}) => ({
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "RequestResponse",
  auditID: "0-0",
  stage: "ResponseComplete",
  requestURI: "/",
  verb: "create",
  user: { username: "test-user" },
  objectRef: { resource: "widgets", namespace: "default", name: "w", apiGroup: "example.dev", apiVersion: "v1" },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: "2026-01-01T00:00:00.000001Z",
  ...more
})

const created = event({ responseObject: stored("1", {}) })

/** A status write of the operator in a reconcile pass, conditional on a version. */
const statusWrite = (pass: string, on: string, status: Status, more: object = {}) =>
  event({
    auditID: pass,
    verb: "patch",
    user: { username: "operator" },
    objectRef: { ...event().objectRef, subresource: "status" },
    requestObject: { metadata: { resourceVersion: on }, status },
    responseObject: stored(String(Number(on) + 1), status),
    ...more
  })

const planStored = statusWrite("a1-1-1", "1", plan({}, {}))
const completed = statusWrite("a1-2-1", "2", plan({ phase: "Complete" }, { status: "Complete" }))
const planRemoved = statusWrite(
  "a1-2-1",
  "2",
  {},
  { requestObject: { metadata: { resourceVersion: "2" }, status: { plan: null } } }
)

/** Runs the command on a log, in a folder with more files. */
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
    const { code, complaint, output } = yield* run([at("audit.log"), ...args.map((arg) => arg.replace("DIR", folder))])
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
  it.effect("reports for each invariant whether it held, or why it was not judged", () =>
    Effect.gen(function* () {
      const { code, complaint, output } = yield* check([created, planStored, completed])
      assert.strictEqual(complaint, "")
      assert.strictEqual(code, 0)
      assert.match(
        output,
        /audit\.log: 2 requests by operator in 2 reconcile passes\n {2}Widget \(example\.dev\/v1\): plan at \.status\.plan\n/u
      )
      assert.match(output, /^INV-6 {7}Held /mu)
      assert.match(output, /^INV-8 {7}NotJudged .*\n +no submission to an agent is recorded in a pass: /mu)
      assert.match(output, /6 held, 0 violated, 11 not judged\n$/u)
    })
  )

  it.effect("shows the requests that violate an invariant: line, time, user, verb, object and pass", () =>
    Effect.gen(function* () {
      const { code, output } = yield* check([created, planStored, planRemoved])
      assert.strictEqual(code, 1)
      assert.match(output, /^INV-6 {7}Violated .*\n +Widget default\/w: active plan p was removed\n/mu)
      assert.include(
        output,
        "line 3  2026-01-01T00:00:00.000Z  operator  patch widgets/status default/w  200  pass a1-2"
      )
    })
  )

  it.effect("orders a write before the requests that it caused, although it was logged after them", () =>
    Effect.gen(function* () {
      const received = (at: number) => ({ requestReceivedTimestamp: `2026-01-01T00:00:00.00000${at}Z` })
      const edited = event({ ...received(2), verb: "patch", responseObject: stored("2", {}) })
      const planned = statusWrite("a1-1-1", "2", plan({}, {}), received(3))
      const acted = event({
        ...received(4),
        auditID: "a1-2-1",
        verb: "delete",
        user: { username: "operator" },
        objectRef: { resource: "pods", namespace: "default", name: "w", apiVersion: "v1" }
      })
      const done = statusWrite("a1-2-2", "3", plan({ phase: "Complete" }, { status: "Complete" }), received(5))
      for (const lines of [
        [created, planned, edited, acted, done],
        [created, planned, acted, edited, done]
      ]) {
        assert.match((yield* check(lines)).output, /^INV-1 {7}Held /mu)
      }
      const unplanned = { ...planned, responseObject: stored("3", {}) }
      assert.match((yield* check([created, unplanned, edited, acted, done])).output, /^INV-1 {7}Violated /mu)
    })
  )

  it.effect("prints the report as JSON", () =>
    Effect.gen(function* () {
      const { output } = yield* check([created, planStored, planRemoved], ["--json"])
      const { invariants, users } = JSON.parse(output)
      assert.deepStrictEqual(users, ["operator"])
      const [violation] = invariants.find(
        ({ invariant }: { readonly invariant: string }) => invariant === "INV-6"
      ).violations
      assert.deepInclude(violation.requests[0], { line: 3, user: "operator", pass: "a1-2", name: "w" })
    })
  )

  it.effect("takes a kind from its definition, and its plan from the path of --plan", () =>
    Effect.gen(function* () {
      const planElsewhere = statusWrite("a1-1-1", "1", { rollout: plan({}, {}) })
      const planElsewhereRemoved = statusWrite(
        "a1-2-1",
        "2",
        { rollout: {} },
        { requestObject: { metadata: { resourceVersion: "2" }, status: { rollout: { plan: null } } } }
      )
      const args = ["--crd", "DIR/crd.yaml", "--plan", "widgets.example.dev=.status.rollout.plan"]
      const { code, output } = yield* check([created, planElsewhere, planElsewhereRemoved], args, {
        "crd.yaml": definition()
      })
      assert.strictEqual(code, 1)
      assert.match(output, /^INV-6 {7}Violated/mu)
      const hidden = yield* check([created, planElsewhere, planElsewhereRemoved], args.slice(0, 2), {
        "crd.yaml": definition()
      })
      assert.strictEqual(hidden.code, 2)
      assert.include(hidden.complaint, "no Widget has a plan at .status.plan: there is a plan at .status.rollout.plan")
    })
  )

  it.effect("checks a controller without Audit-IDs by its --user, and no other user", () =>
    Effect.gen(function* () {
      const anonymous = [planStored, planRemoved].map((line) => ({ ...line, auditID: "uuid" }))
      const withoutUser = yield* check([created, ...anonymous])
      assert.strictEqual(withoutUser.code, 2)
      assert.include(
        withoutUser.complaint,
        "no request has the Audit-ID of a reconcile pass; name the controller's user with --user"
      )
      const withUser = yield* check([created, ...anonymous], ["--user", "operator"])
      assert.match(withUser.output, /^INV-2 {7}NotJudged .*\n +no call names its pass: /mu)
      assert.match(withUser.output, /^INV-6 {7}Violated/mu)
      const other = yield* check([
        created,
        planStored,
        { ...planRemoved, auditID: "uuid", user: { username: "test-user" } }
      ])
      assert.notMatch(other.output, /^INV-6 {7}Violated/mu)
    })
  )

  it.effect(
    "INV-2: finds a status write outside of any pass, by line and user, unless --other-writer names the user",
    () =>
      Effect.gen(function* () {
        const outside = { ...completed, auditID: "uuid", user: { username: "alice" } }
        const { code, output } = yield* check([created, planStored, outside])
        assert.strictEqual(code, 1)
        assert.match(
          output,
          /alice wrote the status of Widget default\/w outside of any reconcile pass\n +line 3 .* alice /u
        )
        const named = yield* check([created, planStored, outside], ["--other-writer", "alice"])
        assert.strictEqual(named.code, 0)
      })
  )

  it.effect.each([
    ["a second write with server-side apply", { requestURI: "/?fieldManager=x&force=true" }],
    ["a second write with an update", { verb: "update" }]
  ] as const)("INV-2: finds %s of /status in one pass", ([, more]) =>
    Effect.gen(function* () {
      const second = { ...completed, auditID: "a1-1-2", ...more }
      const { output } = yield* check([created, planStored, second])
      assert.match(output, /^INV-2 {7}Violated .*\n +pass 1 of Widget default\/w \(a1\) wrote status 2 times\n/mu)
    })
  )

  it.effect("INV-2: finds a merge patch of the object that changes its status, where the kind has no subresource", () =>
    Effect.gen(function* () {
      const objectRef = event().objectRef
      const patch = { ...completed, auditID: "a1-2-1", objectRef }
      const { output } = yield* check([created, planStored, patch])
      assert.match(output, /pass 2 of Widget default\/w \(a1\) changed the status of Widget default\/w with apply/u)
    })
  )

  it.effect("INV-3: finds a status write without a resourceVersion", () =>
    Effect.gen(function* () {
      const unconditional = { ...completed, requestObject: { status: plan({ phase: "Complete" }, {}) } }
      const { output } = yield* check([created, planStored, unconditional])
      assert.match(output, /wrote the status of Widget default\/w without a resourceVersion/u)
    })
  )

  it.effect("INV-11: finds a delete of a collection in a pass", () =>
    Effect.gen(function* () {
      const objectRef = { resource: "pods", namespace: "default", apiVersion: "v1" }
      const sweep = event({ auditID: "a1-2-1", verb: "deletecollection", user: { username: "operator" }, objectRef })
      const { output } = yield* check([created, planStored, sweep, { ...completed, auditID: "a1-2-2" }])
      assert.match(output, /^INV-11 {6}Violated .*\n +delete pods default\/: no uid precondition\n/mu)
    })
  )

  it.effect("INV-1: takes --intent for what a condition permits, and rejects one that is not understood", () =>
    Effect.gen(function* () {
      const paused = {
        conditions: [{ type: "Paused", status: "True", reason: "Asked", message: "", lastTransitionTime: "x" }]
      }
      const stores = statusWrite("a1-2-1", "2", { ...plan({ phase: "Complete" }, {}), ...paused })
      const pods = { resource: "pods", namespace: "default", name: "p", apiVersion: "v1" }
      const pod = (version: string, size: number) => ({
        ...stored(version, {}, { name: "p", uid: "pod" }),
        apiVersion: "v1",
        kind: "Pod",
        spec: { size }
      })
      const scales = event({
        auditID: "a1-3-1",
        verb: "patch",
        requestReceivedTimestamp: "2026-01-01T00:00:00.000009Z",
        requestURI: "/?force=true",
        user: { username: "operator" },
        objectRef: pods,
        requestObject: { spec: { size: 0 } },
        responseObject: pod("8", 0)
      })
      const podCreated = event({ objectRef: pods, responseObject: pod("7", 1) })
      const log = [created, podCreated, planStored, stores, scales, statusWrite("a1-3-2", "3", { ...paused, size: 0 })]
      const intent = { condition: "Paused", verb: "apply", kind: "Pod", sets: { field: ".spec.size", True: 0 } }
      assert.match((yield* check(log)).output, /^INV-1 {7}Violated/mu)
      const { output } = yield* check(log, ["--intent", JSON.stringify(intent)])
      assert.match(output, /^INV-1 {7}Held/mu)
      const { code, complaint } = yield* check(log, ["--intent", "Paused"])
      assert.strictEqual(code, 2)
      assert.match(complaint, /^portolan-check: --intent "Paused": .*; see --help for its form\n$/u)
    })
  )

  it.effect("reports which invariants a log without bodies leaves unchecked", () =>
    Effect.gen(function* () {
      const bare = [created, planStored, completed].map((line) => ({
        ...line,
        level: "Metadata",
        responseObject: undefined
      }))
      const withoutKind = yield* check(bare)
      assert.include(
        withoutKind.complaint,
        "the log contains no objects; set the level RequestResponse in the audit policy"
      )
      const { code, output } = yield* check(bare, ["--crd", "DIR/crd.yaml"], { "crd.yaml": definition() })
      assert.strictEqual(code, 0)
      assert.match(output, /^INV-2 {7}Held/mu)
      assert.match(output, /^INV-6 {7}NotJudged .*\n +no status write shows its object before and after: /mu)
    })
  )

  it.effect("rejects invalid input with one line and exit code 2", () =>
    Effect.gen(function* () {
      const complaints = [
        [yield* run([]), "expected one audit log but found 0"],
        [yield* run(["--nope"]), "Unknown option '--nope'"],
        [yield* run(["/no/audit.log"]), 'cannot read "/no/audit.log": '],
        [yield* check([]), "contains no requests"],
        [yield* check([created, "{", planStored]), "audit.log:2: not JSON"],
        [yield* check([created, planStored], ["--plan", "widgets"]), '--plan "widgets": no path'],
        [
          yield* check([created, planStored], ["--plan", "gadgets.example.dev=.status.plan"]),
          "the log contains no request for this resource"
        ],
        [yield* check([created, planStored], ["--plan", "widgets.example.dev=.spec.plan"]), "not a path within status"],
        [yield* check([created, planStored], ["--crd", "DIR/none"]), '--crd "DIR/none": cannot read: '],
        [
          yield* check([created, planStored], ["--crd", "DIR/x"], { x: "kind: Pod" }),
          "contains no CustomResourceDefinition"
        ],
        [
          yield* check([created, planStored], ["--user", "nobody"]),
          '--user "nobody": no request in the log is from this user; users in the log: test-user, operator'
        ]
      ] as const
      for (const [{ code, complaint }, part] of complaints) {
        assert.include(complaint, part)
        assert.match(complaint, /^portolan-check: [^\n]*\n$/u)
        assert.strictEqual(code, 2)
      }
    })
  )

  it.effect("prints its help", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* run(["--help"]), { code: 0, complaint: "" })
    })
  )
})
