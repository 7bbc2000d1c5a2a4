import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "vitest"
import * as Command from "../../src/bin/Command.ts"
import { Cluster } from "../../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "cluster-emulator-test-"))
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

const command = fileURLToPath(new URL("../../src/bin/cluster-emulator.ts", import.meta.url))

/**
 * Runs the command as a process. `started` resolves when it has printed the kubectl lines, `ended` when the process has
 * exited.
 */
const spawned = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  running.add(child)
  let [out, errors] = ["", ""]
  child.stderr.on("data", (chunk) => {
    errors += chunk
  })
  const ended = new Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }>(
    (resolve) => child.on("close", (code) => resolve({ code, out, errors }))
  )
  const started = new Promise<{ readonly url: string; readonly kubeconfig: string; readonly out: string }>(
    (resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        out += chunk
        const [, url = ""] = /^Kubernetes API at (\S+),/u.exec(out) ?? []
        const [, kubeconfig = ""] = /^kubeconfig: (.*)$/mu.exec(out) ?? []
        if (out.includes("--all-namespaces")) resolve({ url, kubeconfig, out })
      })
      void ended.then(() => reject(new Error(errors)))
    }
  )
  started.catch(() => undefined)
  const stop = (signal: "SIGINT" | "SIGTERM") => {
    child.kill(signal)
    return ended
  }
  return { started, ended, stop }
}

/** Runs the command in this process, for arguments with which it ends by itself. */
const run = async (...args: ReadonlyArray<string>) => {
  let [out, errors] = ["", ""]
  const code = await Command.run(args, {
    out: (text) => {
      out += text
    },
    error: (text) => {
      errors += text
    }
  })
  return { code, out, errors }
}

const configMap = (name: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
`

const get = async (url: string, path: string): Promise<{ readonly items: ReadonlyArray<unknown> }> =>
  JSON.parse(await (await fetch(`${url}/api/v1/namespaces/default/${path}`)).text())

describe("cluster-emulator", () => {
  it("prints the kubeconfig's path and kubectl lines, and exits with 0 on SIGINT and SIGTERM", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { started, stop } = spawned()
      const { kubeconfig, out, url } = await started
      assert.strictEqual(JSON.parse(readFileSync(kubeconfig, "utf8")).clusters[0].cluster.server, url)
      assert.strictEqual(statSync(kubeconfig).mode & 0o777, 0o600)
      assert.include(out, `kubectl --kubeconfig ${kubeconfig} get namespaces`)

      const { code, errors } = await stop(signal)
      assert.deepStrictEqual([code, errors], [0, ""])
      assert.isFalse(existsSync(kubeconfig))
    }
  })

  it("saves the cluster and continues with it", async () => {
    const manifests = join(folder, "manifests")
    mkdirSync(manifests)
    writeFileSync(join(manifests, "two.yaml"), `${configMap("a")}---\n${configMap("b")}`)
    writeFileSync(
      join(manifests, "three.json"),
      JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "c" } })
    )
    writeFileSync(join(manifests, "README.md"), "not a manifest")
    const single = join(folder, "single.yaml")
    writeFileSync(single, configMap("d"))
    const state = join(folder, "state.json")

    const first = spawned("-f", manifests, "--filename", single, "--state", state, "--no-controllers")
    const { url } = await first.started
    const before = await Promise.all([get(url, "configmaps"), get(url, "secrets")])
    assert.deepStrictEqual(
      before.map(({ items }) => items.length),
      [3, 1]
    )
    assert.strictEqual((await first.stop("SIGTERM")).code, 0)
    assert.strictEqual(statSync(state).mode & 0o777, 0o600)

    const second = spawned("--state", state, "--no-controllers")
    const again = await second.started
    assert.deepStrictEqual(await Promise.all([get(again.url, "configmaps"), get(again.url, "secrets")]), before)
    await second.stop("SIGINT")
  })

  it("writes the kubeconfig to a file, keeps it, and does not overwrite another one", async () => {
    const kubeconfig = join(folder, "kubeconfig")
    for (const _ of [1, 2]) {
      const { started, stop } = spawned("--kubeconfig", kubeconfig)
      assert.strictEqual((await started).kubeconfig, kubeconfig)
      await stop("SIGTERM")
      assert.strictEqual(statSync(kubeconfig).mode & 0o777, 0o600)
    }
    writeFileSync(kubeconfig, "apiVersion: v1\nkind: Config\n")
    const { code, errors } = await run("--kubeconfig", kubeconfig)
    assert.strictEqual(code, 1)
    assert.include(errors, `${kubeconfig}: exists and was not written by cluster-emulator`)
    assert.strictEqual(readFileSync(kubeconfig, "utf8"), "apiVersion: v1\nkind: Config\n")
  })

  it("prints help", async () => {
    const { code, out } = await run("--help")
    assert.strictEqual(code, 0)
    for (const flag of ["--filename", "--kubeconfig", "--no-controllers", "--port", "--state"])
      assert.include(out, flag)
  })

  it.each([
    [["--prot", "1"], "unknown option '--prot'"],
    [["here"], "unexpected argument 'here'"],
    [["--port", "http"], '--port: "http" is not a port; give a number from 0 to 65535'],
    [["--port", "65536"], '--port: "65536" is not a port; give a number from 0 to 65535'],
    [["--state="], "--state: needs the path of a file"]
  ])("exits with 2 for %j", async (args, message) => {
    const { code, errors } = await run(...args)
    assert.deepStrictEqual([code, errors], [2, `cluster-emulator: ${message}\nsee cluster-emulator --help\n`])
  })

  it("exits with 1 and names a port that is in use", async () => {
    await using cluster = await Cluster.start()
    const { code, errors } = await run("--port", `${cluster.port}`)
    assert.deepStrictEqual(
      [code, errors],
      [1, `cluster-emulator: port ${cluster.port} is in use; give another --port\n`]
    )
  })

  it.each([
    ["missing.yaml", undefined, "missing.yaml: no such file or folder"],
    ["broken.yaml", "a: [\n", /^broken\.yaml: .* at line 2, column 1$/u],
    ["kindless.yaml", "apiVersion: v1\n", "kindless.yaml: kind: must be a string that is not empty"],
    [
      "gadget.yaml",
      "apiVersion: example.dev/v1\nkind: Gadget\nmetadata: { name: a }\n",
      'no matches for kind "Gadget" in version "example.dev/v1"; apply its CustomResourceDefinition first'
    ],
    ["typo.yaml", `${configMap("a")}dta: {}\n`, /^apply ConfigMap default\/a: .*\.dta: field not declared in schema/u]
  ])("exits with 1 for the manifest %s", async (name, text, message) => {
    if (text !== undefined) writeFileSync(join(folder, name), text)
    const { code, errors } = await run("-f", join(folder, name))
    assert.strictEqual(code, 1)
    const line = errors.replace("cluster-emulator: ", "").replace(`${folder}/`, "").trimEnd()
    if (typeof message === "string") assert.strictEqual(line, message)
    else assert.match(line, message)
  })

  it.each([
    ["no JSON", /^state-bad\.json: .*JSON/u],
    ['{"kind":"List"}', 'state-bad.json: not a saved cluster: kind is not "ClusterState"'],
    [
      '{"kind":"ClusterState","apiVersion":"cluster-emulator/v2"}',
      'state-bad.json: apiVersion: "cluster-emulator/v2" is not supported (want "cluster-emulator/v1")'
    ]
  ])("exits with 1 for the state %s", async (text, message) => {
    writeFileSync(join(folder, "state-bad.json"), text)
    const { code, errors } = await run("--state", join(folder, "state-bad.json"))
    assert.strictEqual(code, 1)
    const line = errors.replace("cluster-emulator: ", "").replace(`${folder}/`, "").trimEnd()
    if (typeof message === "string") assert.strictEqual(line, message)
    else assert.match(line, message)
    assert.strictEqual(readFileSync(join(folder, "state-bad.json"), "utf8"), text)
  })
})
