import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as AppConfig from "../src/AppConfig.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-controller-"))
afterAll(() => Fs.rmSync(folder, { recursive: true, force: true }))

const example = new URL("../../../examples/platform.yaml", import.meta.url).pathname
const gateway = { SEI_GATEWAY_NAME: "g", SEI_GATEWAY_NAMESPACE: "g", SEI_GATEWAY_DOMAIN: "example.dev" }

const file = (name: string, content: string): string => {
  const path = Path.join(folder, name)
  Fs.writeFileSync(path, content)
  return path
}

const errorFor = (path: string, env: Record<string, string> = gateway) =>
  AppConfig.loadPlatform({ ...env, SEI_CONTROLLER_CONFIG: path }).pipe(
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("AppConfig", () => {
  it.effect("reads the platform from the file in SEI_CONTROLLER_CONFIG", () =>
    Effect.gen(function* () {
      const platform = yield* AppConfig.loadPlatform({ ...gateway, SEI_CONTROLLER_CONFIG: ` ${example} ` })
      assert.deepStrictEqual(platform, SamplePlatform.sample)
    })
  )

  it.effect("names the file and the key that is missing (scenario 88)", () =>
    Effect.gen(function* () {
      const path = file("incomplete.yaml", Fs.readFileSync(example, "utf8").replace(/ {2}kubeRBACProxy: .*\n/u, ""))
      assert.strictEqual(yield* errorFor(path), `${path}: images.kubeRBACProxy is required`)
    })
  )

  it.effect("names the gateway variable that is missing (scenario 88)", () =>
    Effect.gen(function* () {
      const message = yield* errorFor(example, { ...gateway, SEI_GATEWAY_DOMAIN: "" })
      assert.strictEqual(message, `${example}: SEI_GATEWAY_DOMAIN is required`)
    })
  )

  it.effect("names a file that is not valid YAML (scenario 88)", () =>
    Effect.gen(function* () {
      const path = file("broken.yaml", "a: [1\nb: 2")
      const message = yield* errorFor(path)
      assert.isTrue(message.startsWith(`${path}: `), message)
      assert.match(message, / at line 2, column 1$/u)
    })
  )

  it.effect("names a file that cannot be read, and why", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* errorFor(folder), `${folder}: EISDIR: illegal operation on a directory, read`)
    })
  )

  it.effect("names a file with a value that JSON cannot hold", () =>
    Effect.gen(function* () {
      const path = file("infinite.yaml", "images: { seid: .inf }")
      assert.strictEqual(yield* errorFor(path), `${path}: contains values that JSON cannot hold`)
    })
  )

  it.effect("names the variable, if no file is configured", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(AppConfig.loadPlatform(gateway))
      assert.isTrue(message.startsWith("SEI_CONTROLLER_CONFIG (not set): "), message)
      assert.include(message, "scheduling.nodepoolName is required")
    })
  )

  it.effect("reads a missing file as an empty one, and reports every required key at once (scenario 88)", () =>
    Effect.gen(function* () {
      const message = yield* errorFor(Path.join(folder, "nothing.yaml"))
      assert.include(message, "nothing.yaml (file not found): ")
      assert.include(message, "scheduling.nodepoolName is required")
      assert.include(message, "images.cosmosExporter is required")
    })
  )

  it.effect("parses bind addresses as controller-runtime does", () =>
    Effect.gen(function* () {
      const parse = (text: string) => AppConfig.parseAddress("health-probe-bind-address", text)
      assert.deepStrictEqual(yield* parse(":8081"), { host: undefined, port: 8081 })
      assert.deepStrictEqual(yield* parse("127.0.0.1:80"), { host: "127.0.0.1", port: 80 })
      assert.deepStrictEqual(yield* parse(":65535"), { host: undefined, port: 65_535 })
      assert.isUndefined(yield* parse("0"))
      for (const text of [":65536", "localhost:80x", "local\nhost:80"]) {
        assert.include((yield* Effect.flip(parse(text))).message, `invalid value ${JSON.stringify(text)}`)
      }
      const error = yield* Effect.flip(parse("nowhere"))
      assert.strictEqual(
        error.message,
        '--health-probe-bind-address: invalid value "nowhere": must be host:port, :port, or 0 to disable'
      )
    })
  )
})
