import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { AuditCalls, type AuditLog } from "../src/index.ts"

const Widget: ObjectMeta.ObjectKind = {
  apiVersion: "example.dev/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}
const Pod: ObjectMeta.ObjectKind = { apiVersion: "v1", kind: "Pod", plural: "pods", scope: "Namespaced" }

const pod = (uid: string, resourceVersion: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "w-0", namespace: "default", uid, resourceVersion }
})

/** A delete of the pod with this uid, which the server responds to with the object. */
const deletes = (uid: string, responseBody: AuditLog.AuditEntry["responseBody"]): AuditLog.AuditEntry => ({
  auditId: "a1-1-1",
  pass: "a1-1",
  verb: "delete",
  group: "",
  version: "v1",
  resource: "pods",
  namespace: "default",
  name: "w-0",
  user: "operator",
  uri: "/api/v1/namespaces/default/pods/w-0",
  code: 200,
  at: 0,
  requestBody: { preconditions: { uid } },
  ...(responseBody === undefined ? {} : { responseBody })
})

/** A write of a widget in the pass that the audit id names. */
const writes = (auditId: string, name: string, more: Partial<AuditLog.AuditEntry> = {}): AuditLog.AuditEntry => ({
  ...deletes("", undefined),
  auditId,
  verb: "patch",
  group: "example.dev",
  resource: "widgets/status",
  name,
  requestBody: { metadata: { resourceVersion: "1" }, status: {} },
  ...more
})

/** A poll of the agent of a widget, after so many entries of the log. */
const polls = (auditId: string, name: string, position = 0, code = 200): AuditCalls.AgentCall => ({
  received: { verb: "poll", address: `http://${name}`, auditId, at: 0, id: "t", type: "go", code, body: {} },
  position
})

const uidsBefore = (...entries: ReadonlyArray<AuditLog.AuditEntry>) =>
  AuditCalls.fromAudit(entries, [], { kind: Widget, kinds: [Pod] }).map(({ before }) => before?.metadata.uid)

describe("the calls of an audit log", () => {
  it("know a deleted object from the response, when the log contains no write of it", () => {
    assert.deepStrictEqual(uidsBefore(deletes("u1", pod("u1", "1"))), ["u1"])
  })

  it("are not about an earlier object of the same name", () => {
    const status = { kind: "Status", apiVersion: "v1", status: "Success" }
    assert.deepStrictEqual(uidsBefore(deletes("u1", pod("u1", "1")), deletes("u2", pod("u2", "5"))), ["u1", "u2"])
    assert.deepStrictEqual(uidsBefore(deletes("u1", pod("u1", "1")), deletes("u2", status)), ["u1", undefined])
  })

  it("do not include a request with rejected credentials, which the client repeats in the same pass", () => {
    const entries = [writes("a1-1-1", "w", { code: 401 }), writes("a1-1-2", "w")]
    const calls = AuditCalls.fromAudit(entries, [], { kind: Widget })
    assert.deepStrictEqual(
      calls.map(({ result }) => result),
      ["ok"]
    )
  })

  it("of an agent are in the pass that made them, also when that pass made no other request", () => {
    const agents = [polls("a1-1-1", "w"), polls("a1-2-1", "v"), polls("a1-3-1", "w"), polls("", "w")]
    const calls = AuditCalls.fromAudit([writes("a1-1-2", "w"), writes("a1-2-2", "v")], agents, { kind: Widget })
    const passes = calls
      .filter(({ verb }) => verb === "poll")
      .map(({ pass }) => pass && `${pass.process} ${pass.number} ${pass.key.name}`)
    assert.deepStrictEqual(passes, ["a1 1 w", "a1 2 v", "a1 3 w", undefined])
  })

  it("of an agent are between the entries that the log had when it responded", () => {
    const entries = [writes("a1-1-1", "w", { received: 10 }), writes("a1-2-1", "w", { received: 20 })]
    const verbsAt = (position: number) =>
      AuditCalls.fromAudit(entries, [polls("a1-1-2", "w", position)], { kind: Widget }).map(({ verb }) => verb)
    assert.deepStrictEqual(verbsAt(0), ["poll", "patchStatus", "patchStatus"])
    assert.deepStrictEqual(verbsAt(1), ["patchStatus", "poll", "patchStatus"])
    assert.deepStrictEqual(verbsAt(2), ["patchStatus", "patchStatus", "poll"])
  })

  it("of an agent that does not know a task are calls that succeeded", () => {
    const results = [200, 404, 503].map(
      (code) => AuditCalls.fromAudit([], [polls("a1-1-1", "w", 0, code)], { kind: Widget })[0]?.result
    )
    assert.deepStrictEqual(results, ["ok", "ok", "unavailable"])
  })
})
