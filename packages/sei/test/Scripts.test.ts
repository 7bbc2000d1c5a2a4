/** The shell itself, run: only that shows that a script does what it says. */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Scripts from "../src/node/resources/Scripts.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-scripts-"))
afterAll(() => Fs.rmSync(folder, { recursive: true }))

/** Runs a script on a data folder of its own, with a seid that tells how it was called and ends with a code. */
const run = (shell: string, script: string, { code = 0, data = `${folder}/none` } = {}) =>
  new Promise<{ readonly out: string; readonly code: number | null }>((resolve) => {
    const bin = `${folder}/bin`
    Fs.mkdirSync(bin, { recursive: true })
    Fs.writeFileSync(`${bin}/seid`, `#!/bin/sh\necho "seid $*"\nexit ${code}\n`, { mode: 0o755 })
    const child = spawn(shell, ["-c", script.replaceAll("/home/nonroot/.sei", data)], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let out = ""
    child.stdout.on("data", (chunk) => (out += chunk))
    child.stderr.on("data", (chunk) => (out += chunk))
    child.once("close", (ended) => resolve({ out, code: ended }))
  })

/** A sidecar that is ready, for as long as `use` takes. */
const withSidecar = async <A>(use: (port: number) => Promise<A>): Promise<A> => {
  const server = Http.createServer(({ url }, response) => {
    response.writeHead(url === "/v0/healthz" ? 200 : 404).end()
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(Number(Object(server.address()).port)))
  )
  try {
    return await use(port)
  } finally {
    server.close()
  }
}

const at = (port: number) => Fixtures.node({ spec: { sidecar: { port } } })
const data = (name: string) => `${folder}/${name}`

describe("the scripts of a pod", () => {
  it("start seid once the sidecar is ready, in place of the shell", async () => {
    const { code, out } = await withSidecar((port) => run("/bin/bash", Scripts.start(at(port)), { code: 130 }))
    assert.deepStrictEqual({ code, out }, { code: 130, out: `seid start --home ${folder}/none\n` })
  })

  it.each([
    [130, 0],
    [0, 0],
    [1, 1],
    [137, 137]
  ])("end a bootstrap whose seid ended with %i with %i", async (code, expected) => {
    const ended = await withSidecar((port) => run("/bin/bash", Scripts.startUntil(at(port), 42), { code }))
    assert.deepStrictEqual(ended, { code: expected, out: `seid start --home ${folder}/none --halt-height 42\n` })
  })

  it("make a home once", async () => {
    const script = Scripts.init(Fixtures.node())
    const home = data("once")
    const first = await run("/bin/sh", script, { data: home })
    assert.deepStrictEqual(first, {
      code: 0,
      out: `seid init pacific-1 --chain-id pacific-1 --home ${home} --overwrite\n`
    })
    Fs.mkdirSync(`${home}/config`, { recursive: true })
    Fs.writeFileSync(`${home}/config/genesis.json`, "{}")
    assert.notInclude((await run("/bin/sh", script, { data: home })).out, "seid")
    assert.isTrue(Fs.existsSync(`${home}/tmp`))
  })

  it("name a validator's keyring on every boot, in place or at the end", async () => {
    const home = data("keyring")
    const boot = (spec: NonNullable<Fixtures.NodeParts["spec"]>) =>
      run("/bin/sh", Scripts.init(Fixtures.node({ spec })), { data: home })
    const text = () => Fs.readFileSync(`${home}/config/client.toml`, "utf8")
    await boot({ validator: {} })
    assert.strictEqual(text(), 'keyring-backend = "test"\n')
    Fs.writeFileSync(`${home}/config/client.toml`, 'chain-id = "x"\nkeyring-backend = "os"\noutput = "text"\n')
    const secret = { secretName: "k", passphraseSecretRef: { secretName: "p", key: "p" } }
    await boot({ validator: { operatorKeyring: { secret } } })
    assert.strictEqual(text(), 'chain-id = "x"\nkeyring-backend = "file"\noutput = "text"\n')
  })

  it("touch no client's configuration in a bootstrap", async () => {
    const home = data("bootstrap")
    await run("/bin/sh", Scripts.initHome(Fixtures.node({ spec: { validator: {} } })), { data: home })
    assert.isFalse(Fs.existsSync(`${home}/config/client.toml`))
  })
})
