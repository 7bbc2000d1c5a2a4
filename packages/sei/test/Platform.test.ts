import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Yaml from "effect/encoding/Yaml"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decode } from "../src/shared/Platform.ts"
import * as Quantity from "../src/shared/Quantity.ts"
import { sample } from "../src/shared/SamplePlatform.ts"

const gateway = { SEI_GATEWAY_NAME: "g", SEI_GATEWAY_NAMESPACE: "ns", SEI_GATEWAY_DOMAIN: "example.dev" }
const toJson = Schema.decodeUnknownSync(Schema.Json)
const file = toJson(Yaml.parse(Fs.readFileSync(new URL("../../../examples/platform.yaml", import.meta.url), "utf8")))

const without = (path: string): Schema.Json => {
  const copy = structuredClone(file)
  const [section = "", key = ""] = path.split(".")
  if (typeof copy === "object" && copy !== null) {
    const part = Reflect.get(copy, section)
    if (typeof part === "object" && part !== null) Reflect.deleteProperty(part, key)
  }
  return copy
}

const problems = (json: Schema.Json, env: Record<string, string> = gateway): ReadonlyArray<string> =>
  Result.match(decode(json, env), { onFailure: (error) => error.problems, onSuccess: () => [] })

describe("Platform", () => {
  it("decodes examples/platform.yaml to the sample platform", () => {
    assert.deepStrictEqual(Result.getOrThrow(decode(file, gateway)), sample)
  })

  it("reports every missing key at once (scenario 88)", () => {
    assert.deepStrictEqual(problems(without("images.sidecar")), ["images.sidecar is required"])
    assert.deepStrictEqual(problems(without("resultExport.prefix")), ["resultExport.prefix is required"])
    assert.isAbove(problems({}).length, 15)
  })

  it("reports missing gateway variables (scenario 88)", () => {
    assert.deepStrictEqual(problems(file, { ...gateway, SEI_GATEWAY_DOMAIN: " " }), ["SEI_GATEWAY_DOMAIN is required"])
  })

  it("reports an invalid quantity (scenario 88)", () => {
    const invalid = toJson({ ...Object(file), resources: { node: { memory: "lots" } } })
    assert.deepStrictEqual(problems(invalid), ['resources.node.memory: invalid quantity "lots"'])
  })

  it.each([
    ["1.5Gi", 1.5 * 2 ** 30],
    ["250m", 0.25],
    ["1u", 1e-6],
    ["1e3", 1000],
    ["1E", 1e18],
    [".5", 0.5]
  ])("parses the quantity %s", (text, value) => {
    assert.deepStrictEqual(Quantity.parse(text), Option.some(value))
  })

  it.each(["", "Gi", "1e3Gi", "1 Gi", "1gi", "."])("%j is not a quantity", (text) => {
    assert.deepStrictEqual(Quantity.parse(text), Option.none())
  })

  it("defaults sizeSeed to 20Gi (scenario 88)", () => {
    assert.strictEqual(Result.getOrThrow(decode(file, gateway)).storage.sizeSeed, "20Gi")
  })
})
