/** Only real binaries show that they take our flags, and that nothing of them is left. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"

const run = promisify(execFile)
const dies = fileURLToPath(new URL("../harness/dies.ts", import.meta.url))

describe("a control plane", () => {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver, kube-controller-manager and kubectl", () => {})
    return
  }
  const kubectl = (kubeconfig: string, ...args: ReadonlyArray<string>) =>
    run(Path.join(assets, "kubectl"), ["--kubeconfig", kubeconfig, ...args]).then(
      ({ stdout }) => stdout,
      (error) => String(error.stderr)
    )

  it("knows its users by their groups, notes who wrote what, and is gone when it is disposed of", async () => {
    let folder = ""
    {
      await using plane = await ControlPlane.start({ users: { writer: [ControlPlane.MASTERS], guest: [] } })
      folder = Path.dirname(plane.auditLog)
      const made = await kubectl(plane.kubeconfig("writer"), "create", "configmap", "x", "--from-literal=a=b")
      assert.strictEqual(made, "configmap/x created\n")
      assert.include(await kubectl(plane.kubeconfig("guest"), "get", "configmaps"), 'User "guest" cannot list')
      const events = Fs.readFileSync(plane.auditLog, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const byUs = events.filter(({ user }) => ["writer", "guest"].includes(user.username))
      assert.deepStrictEqual(
        byUs
          .filter(({ verb }) => verb === "create")
          .map(({ level, requestObject, user }) => ({ level, by: user.username, data: requestObject.data })),
        [{ level: "RequestResponse", by: "writer", data: { a: "b" } }]
      )
      assert.deepInclude(byUs.at(-1), { verb: "list", level: "Metadata" })
      assert.throws(() => plane.kubeconfig("nobody"), "only writer, guest, admin")
    }
    assert.isFalse(Fs.existsSync(folder))
    assert.notInclude((await run("ps", ["-eo", "args"])).stdout, folder)
  })

  it.live("runs the controllers that are asked for", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make({ controllers: ["serviceaccount-controller"] })
      const admin = plane.kubeconfig(ControlPlane.ADMIN)
      const wait = ["wait", "--for=create", "serviceaccount/default", "--timeout=30s"]
      assert.include(yield* Effect.promise(() => kubectl(admin, ...wait)), "condition met")
    }).pipe(Effect.scoped)
  )

  it("is gone when the process that started it is killed", async () => {
    const child = spawn(process.execPath, [dies], { stdio: ["ignore", "pipe", "inherit"] })
    const [said] = await once(child.stdout, "data")
    const folder = String(said).trim()
    assert.include((await run("ps", ["-eo", "args"])).stdout, folder)
    child.kill("SIGKILL")
    for (let waited = 0; Fs.existsSync(folder) && waited < 10_000; waited += 50) await sleep(50)
    assert.isFalse(Fs.existsSync(folder))
    assert.notInclude((await run("ps", ["-eo", "args"])).stdout, folder)
  })

  it("tells which flag its server does not take", async () => {
    const failed = await ControlPlane.start({ apiserverFlags: ["--no-such-flag"] }).catch(String)
    assert.include(failed, "kube-apiserver exited with 1; last line of its log: Error: unknown flag: --no-such-flag")
  })
})
