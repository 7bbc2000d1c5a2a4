/** A real API server accepts the generated objects and the examples: only it knows every field and every rule. */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as ControlPlane from "@portolan/testkit/ControlPlane"

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))

const golden = path("tests/scenarios/golden")
/** The folders with a SeiNode. */
const examples = Fs.readdirSync(path("examples"))
  .filter((name) => Fs.existsSync(path(`examples/${name}/node.yaml`)))
  .map((name) => path(`examples/${name}`))

describe("a real API server with strict field validation", () => {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kubectl", () => {})
    return
  }
  const started = ControlPlane.start({ assets })
  afterAll(async () => (await started).stop())

  /** Runs kubectl. Returns its standard error when it fails, and an empty string otherwise. */
  const kubectl = async (args: ReadonlyArray<string>, input = ""): Promise<string> => {
    const config = ["--kubeconfig", (await started).kubeconfig(ControlPlane.ADMIN)]
    return new Promise((resolve) => {
      const child = execFile(Path.join(assets, "kubectl"), [...config, ...args], (error, _, stderr) =>
        resolve(error === null ? "" : stderr)
      )
      child.stdin?.end(input)
    })
  }

  /** Applies files, folders or the standard input in a dry run. */
  const dryRun = (files: ReadonlyArray<string>, input?: string) =>
    kubectl(
      ["apply", "--server-side", "--dry-run=server", "--validate=strict", ...files.flatMap((file) => ["-f", file])],
      input
    )

  beforeAll(async () => {
    assert.strictEqual(await kubectl(["create", "namespace", "sei"]), "")
    assert.strictEqual(await kubectl(["apply", "-f", path("config/crd")]), "")
    assert.strictEqual(await kubectl(["wait", "--for=condition=Established", "--all", "crd"]), "")
  })

  it("accepts the generated objects of every kind of node", async () => {
    assert.strictEqual(await dryRun([golden]), "")
  })

  it("accepts every example", async () => {
    assert.strictEqual(await dryRun(examples), "")
  })

  it("rejects an unknown field", async () => {
    const text = Fs.readFileSync(Path.join(golden, "validator.yaml"), "utf8")
    const error = await dryRun(["-"], text.replace("fsGroupChangePolicy", "fsGroupPolicy"))
    assert.include(error, "fsGroupPolicy")
  })
})
