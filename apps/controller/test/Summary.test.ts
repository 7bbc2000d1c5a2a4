import { assert, describe, it } from "@effect/vitest"
import { SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import type { AuditLog } from "@portolan/testkit"
import * as Summary from "../demo/Summary.ts"

const stored = (version: string, status: object) => {
  const node = Fixtures.stored({ spec: {} })
  return { ...node, metadata: { ...node.metadata, resourceVersion: version }, status: { ...status } }
}

/** A status write of the controller on version 1, in the pass that the audit id names. */
const write = (auditId: string, more: Partial<AuditLog.AuditEntry> = {}): AuditLog.AuditEntry => ({
  auditId,
  ...(auditId.includes("-") ? { pass: auditId.replace(/-\d+$/u, "") } : {}),
  verb: "patch",
  group: "sei.io",
  version: "v1alpha1",
  resource: "seinodes/status",
  namespace: "sei",
  name: stored("1", {}).metadata.name,
  user: "portolan",
  uri: "/",
  code: 200,
  at: 0,
  patchFormat: "merge",
  requestBody: { metadata: { resourceVersion: "1" }, status: { phase: "Running" } },
  responseBody: stored("2", { phase: "Running" }),
  ...more
})
const created = write("c", {
  verb: "create",
  resource: SeiNode.resource.plural,
  user: "you",
  responseBody: stored("1", {})
})

const summaryOf = (entries: ReadonlyArray<AuditLog.AuditEntry>) => Summary.make(entries, []).lines.join("\n")

describe("the summary of a run", () => {
  it("INV-2: counts a status write by any verb and any user", () => {
    const update = write("uuid", { verb: "update", user: "kubectl" })
    const all = "status writes: 2, at most 1 per reconcile, outside of reconciles: 1 by kubectl"
    assert.include(summaryOf([created, write("ab12-1-1"), update]), all)
  })

  it("says of what the run shows nothing that it was not judged", () => {
    const { exitCode, lines } = Summary.make([created, write("ab12-1-1")], [])
    assert.strictEqual(exitCode, 0)
    assert.include(lines.join("\n"), "  INV-2   held        A pass writes status at most once")
    assert.include(
      lines.join("\n"),
      "  INV-8   not judged  no submission to an agent is recorded in a pass: an API server does not see those"
    )
    assert.include(lines.join("\n"), "status writes: 1, at most 1 per reconcile, outside of reconciles: none")
  })

  it("INV-2: counts a second status write around the pass, whoever made it, and names it", () => {
    const around = write("uuid", {
      requestBody: { metadata: { resourceVersion: "2" }, status: { phase: "Failed" } },
      responseBody: stored("3", { phase: "Failed" })
    })
    const { exitCode, lines } = Summary.make([created, write("ab12-1-1"), around], [])
    assert.strictEqual(exitCode, 1)
    assert.include(lines.join("\n"), "status writes: 2, at most 1 per reconcile, outside of reconciles: 1 by portolan")
    const message =
      /INV-2 {3}VIOLATED .*\n +portolan wrote the status of SeiNode sei\/.* outside of any reconcile pass\n/u
    assert.match(lines.join("\n"), message)
  })
})
