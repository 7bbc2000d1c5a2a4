/** The process against a real API server, which validates the kind, its patches and its objects. */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { AuditFile, Budget, Invariants } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isReady, start } from "./overHttp.ts"

describe("a real API server", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
    return
  }
  it.live("every invariant holds in the audit log while a backup becomes Ready", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make({ users: { operator: [ControlPlane.MASTERS] } })
      const audit = () => {
        const { entries } = Result.getOrThrow(AuditFile.fromText(Fs.readFileSync(plane.auditLog, "utf8")))
        return AuditFile.ofUsers(entries, "operator")
      }
      const { calls, create, until } = yield* start({ cluster: { path: plane.kubeconfig("operator") }, audit })
      yield* create
      yield* until(isReady)
      assert.deepStrictEqual(Invariants.check(calls()), [])
      assert.deepInclude(Budget.spent(calls()), { patchStatus: 5, submit: 2 })
    }).pipe(Effect.scoped)
  )
})
