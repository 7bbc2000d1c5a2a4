/** Runs the real binaries: they accept the flags, and no process or file remains after a run. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { AuditFile } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const run = promisify(execFile)
const sleep = promisify(setTimeout)
const script = fileURLToPath(new URL("../harness/start-control-plane.ts", import.meta.url))

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

  it("authorizes users by their groups, audits their writes, and removes everything on dispose", async () => {
    let folder = ""
    {
      await using plane = await ControlPlane.start({ users: { writer: [ControlPlane.MASTERS], guest: [] } })
      folder = Path.dirname(plane.auditLog)
      const output = await kubectl(plane.kubeconfig("writer"), "create", "configmap", "x", "--from-literal=a=b")
      assert.strictEqual(output, "configmap/x created\n")
      assert.include(await kubectl(plane.kubeconfig("guest"), "get", "configmaps"), 'User "guest" cannot list')
      const events = Fs.readFileSync(plane.auditLog, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const ofUsers = events.filter(({ user }) => ["writer", "guest"].includes(user.username))
      assert.deepStrictEqual(
        ofUsers
          .filter(({ verb }) => verb === "create")
          .map(({ level, requestObject, user }) => ({ level, username: user.username, data: requestObject.data })),
        [{ level: "RequestResponse", username: "writer", data: { a: "b" } }]
      )
      assert.deepInclude(ofUsers.at(-1), { verb: "list", level: "Metadata" })
      assert.throws(() => plane.kubeconfig("unknown"), "only writer, guest, admin")
    }
    assert.isFalse(Fs.existsSync(folder))
    assert.notInclude((await run("ps", ["-eo", "args"])).stdout, folder)
  })

  it("has requests whose authentication failed in its log, which is read without them", async () => {
    await using plane = await ControlPlane.start()
    const admin = plane.kubeconfig(ControlPlane.ADMIN)
    const [server = ""] = /https:[^"\s]+/u.exec(Fs.readFileSync(admin, "utf8")) ?? []
    const stranger = ["--server", server, "--insecure-skip-tls-verify", "--token", "wrong"]
    assert.include(await kubectl("/dev/null", ...stranger, "create", "configmap", "x"), "Unauthorized")
    assert.include(await kubectl(admin, "create", "configmap", "y"), "created")
    const log = Fs.readFileSync(plane.auditLog, "utf8")
    assert.match(log, /"user":\{\}.*"code":401/u)
    const { entries } = Result.getOrThrow(AuditFile.fromText(log))
    assert.include(
      entries.map(({ name, verb }) => `${verb} ${name}`),
      "create y"
    )
    assert.isEmpty(entries.filter(({ code }) => code === 401))
  })

  it.live("runs the controllers that are asked for", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make({ controllers: ["serviceaccount-controller"] })
      const admin = plane.kubeconfig(ControlPlane.ADMIN)
      const wait = ["wait", "--for=create", "serviceaccount/default", "--timeout=30s"]
      assert.include(yield* Effect.promise(() => kubectl(admin, ...wait)), "condition met")
    }).pipe(Effect.scoped)
  )

  it("is removed when the process that started it is killed", async () => {
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] })
    const [output] = await once(child.stdout, "data")
    const folder = String(output).trim()
    assert.include((await run("ps", ["-eo", "args"])).stdout, folder)
    child.kill("SIGKILL")
    for (let waited = 0; Fs.existsSync(folder) && waited < 10_000; waited += 50) await sleep(50)
    assert.isFalse(Fs.existsSync(folder))
    assert.notInclude((await run("ps", ["-eo", "args"])).stdout, folder)
  })

  it("reports a flag that the API server does not know", async () => {
    const failed = await ControlPlane.start({ apiserverFlags: ["--no-such-flag"] }).catch(String)
    assert.include(failed, "kube-apiserver exited with 1; last line of its log: Error: unknown flag: --no-such-flag")
  })
})
