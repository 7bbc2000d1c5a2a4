/** Runs the scripts in a shell, with a seid that prints its arguments. */
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

/** Runs a script on a data directory of its own. Its seid prints its arguments and exits with a code. */
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

/** Serves a ready sidecar while `use` runs. */
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

const withPort = (port: number) => Fixtures.node({ spec: { sidecar: { port } } })
const data = (name: string) => `${folder}/${name}`

describe("the scripts of a pod", () => {
  it("replace the shell by seid once the sidecar is ready", async () => {
    const { code, out } = await withSidecar((port) => run("/bin/bash", Scripts.start(withPort(port)), { code: 130 }))
    assert.deepStrictEqual({ code, out }, { code: 130, out: `seid start --home ${folder}/none\n` })
  })

  it.each([
    [130, 0],
    [0, 0],
    [1, 1],
    [137, 137]
  ])("map the exit code %i of a halted seid to %i", async (code, expected) => {
    const ended = await withSidecar((port) => run("/bin/bash", Scripts.startUntil(withPort(port), 42), { code }))
    assert.deepStrictEqual(ended, { code: expected, out: `seid start --home ${folder}/none --halt-height 42\n` })
  })

  it("initialise the home directory once", async () => {
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

  it("set a validator's keyring backend on every start, in place or appended", async () => {
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

  it("leave client.toml alone in a bootstrap", async () => {
    const home = data("bootstrap")
    await run("/bin/sh", Scripts.initHome(Fixtures.node({ spec: { validator: {} } })), { data: home })
    assert.isFalse(Fs.existsSync(`${home}/config/client.toml`))
  })
})
