/** A real API server takes what we make for nodes, and what our examples ask for: only it knows every field and rule. */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as ControlPlane from "@portolan/testkit/ControlPlane"

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))

const golden = path("tests/scenarios/golden")
/** What lies beside the folders is configuration; a folder without a node is about another kind. */
const examples = Fs.readdirSync(path("examples"))
  .filter((name) => Fs.existsSync(path(`examples/${name}/node.yaml`)))
  .map((name) => path(`examples/${name}`))

describe("a real API server that is strict about fields", () => {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kubectl", () => {})
    return
  }
  const started = ControlPlane.start({ assets })
  afterAll(async () => (await started).stop())

  /** Runs kubectl; what it complained of, or nothing. */
  const kubectl = async (args: ReadonlyArray<string>, input = ""): Promise<string> => {
    const config = ["--kubeconfig", (await started).kubeconfig(ControlPlane.ADMIN)]
    return new Promise((resolve) => {
      const child = execFile(Path.join(assets, "kubectl"), [...config, ...args], (error, _, complaints) =>
        resolve(error === null ? "" : complaints)
      )
      child.stdin?.end(input)
    })
  }

  /** Applies files, folders or the input, and stores nothing. */
  const tryOut = (files: ReadonlyArray<string>, input?: string) =>
    kubectl(
      ["apply", "--server-side", "--dry-run=server", "--validate=strict", ...files.flatMap((each) => ["-f", each])],
      input
    )

  beforeAll(async () => {
    assert.strictEqual(await kubectl(["create", "namespace", "sei"]), "")
    assert.strictEqual(await kubectl(["apply", "-f", path("config/crd")]), "")
    assert.strictEqual(await kubectl(["wait", "--for=condition=Established", "--all", "crd"]), "")
  })

  it("takes what is made for every sort of node", async () => {
    assert.strictEqual(await tryOut([golden]), "")
  })

  it("takes every example", async () => {
    assert.strictEqual(await tryOut(examples), "")
  })

  it("would not take a field that it does not know", async () => {
    const text = Fs.readFileSync(Path.join(golden, "validator.yaml"), "utf8")
    const complaint = await tryOut(["-"], text.replace("fsGroupChangePolicy", "fsGroupPolicy"))
    assert.include(complaint, "fsGroupPolicy")
  })
})
