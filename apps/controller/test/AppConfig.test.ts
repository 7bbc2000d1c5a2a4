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

const refusal = (path: string, env: Record<string, string> = gateway) =>
  AppConfig.loadPlatform({ ...env, SEI_CONTROLLER_CONFIG: path }).pipe(
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("AppConfig", () => {
  it.effect("reads the platform from the file that the environment names", () =>
    Effect.gen(function* () {
      const platform = yield* AppConfig.loadPlatform({ ...gateway, SEI_CONTROLLER_CONFIG: ` ${example} ` })
      assert.deepStrictEqual(platform, SamplePlatform.sample)
    })
  )

  it.effect("names the file and the key that is missing (scenario 88)", () =>
    Effect.gen(function* () {
      const path = file("lacking.yaml", Fs.readFileSync(example, "utf8").replace(/ {2}kubeRBACProxy: .*\n/u, ""))
      assert.strictEqual(yield* refusal(path), `${path}: images.kubeRBACProxy is required`)
    })
  )

  it.effect("names the gateway variable that is missing (scenario 88)", () =>
    Effect.gen(function* () {
      const message = yield* refusal(example, { ...gateway, SEI_GATEWAY_DOMAIN: "" })
      assert.strictEqual(message, `${example}: SEI_GATEWAY_DOMAIN is required`)
    })
  )

  it.effect("says that a file is not YAML (scenario 88)", () =>
    Effect.gen(function* () {
      assert.include(yield* refusal(file("broken.yaml", "a: [1\nb: 2")), "broken.yaml: ")
    })
  )

  it.effect("takes a missing file for an empty one, and reports every key at once (scenario 88)", () =>
    Effect.gen(function* () {
      const message = yield* refusal(Path.join(folder, "nothing.yaml"))
      assert.include(message, "scheduling.nodepoolName is required")
      assert.include(message, "images.cosmosExporter is required")
    })
  )

  it.effect("reads bind addresses as Go programs write them", () =>
    Effect.gen(function* () {
      const parse = (text: string) => AppConfig.parseAddress("health-probe-bind-address", text)
      assert.deepStrictEqual(yield* parse(":8081"), { host: undefined, port: 8081 })
      assert.deepStrictEqual(yield* parse("127.0.0.1:80"), { host: "127.0.0.1", port: 80 })
      assert.isUndefined(yield* parse("0"))
      const error = yield* Effect.flip(parse("nowhere"))
      assert.strictEqual(error.message, '--health-probe-bind-address: "nowhere" is not host:port')
    })
  )
})
