// What a real API server said to the same requests.
import { assert, describe, it } from "vitest"
import { ApiServer } from "../../src/index.ts"

const where = { group: "", version: "v1", plural: "pods", namespace: "default", query: {}, user: "somebody" }

const created = (server: ApiServer.ApiServer, spec: object) => {
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec }
  return server.handle({ ...where, verb: "create", name: "", body })
}

const patched = (server: ApiServer.ApiServer, spec: object) =>
  server.handle({ ...where, verb: "patch", patchFormat: "merge", name: "p", body: { spec } })

const DIGEST = `sha256:${"a".repeat(64)}`

describe("an image", () => {
  const policyOf = (image: string) =>
    Object(created(ApiServer.make(), { containers: [{ name: "c", image }] }).body.spec).containers[0].imagePullPolicy

  it("of no version, or of the latest, is always pulled", () => {
    const hosted = ["localhost:5000/x", "h.io:5000/x:latest", "Foo/bar", "[::1]:5000/x", "a_b.c/x:latest"]
    for (const image of ["i", "i:latest", `x:latest@${DIGEST}`, "a__b", "a-b--c", "a".repeat(63), ...hosted]) {
      assert.strictEqual(policyOf(image), "Always", image)
    }
  })

  it("of a version, or that is none, is pulled when it is missing", () => {
    const none = [
      "I",
      "a b",
      "x@bad",
      "a___b",
      "a..b",
      "a/",
      "/a",
      "x:",
      "x:-a",
      "a/B",
      "http://x/y",
      "é",
      "a".repeat(64)
    ]
    for (const image of ["i:1", `x@${DIGEST}`, `x:1@${DIGEST}`, `x:${"t".repeat(129)}`, ...none]) {
      assert.strictEqual(policyOf(image), "IfNotPresent", image)
    }
  })
})

describe("what a pod tolerates", () => {
  const tolerated = (key: string, more: object = {}) => ({ key, operator: "Exists", effect: "NoExecute", ...more })
  const server = () => {
    const made = ApiServer.make()
    created(made, { containers: [{ name: "c", image: "i" }], tolerations: [tolerated("a"), tolerated("b")] })
    return made
  }

  it("may become more, and for another time", () => {
    const { body, code } = patched(server(), {
      tolerations: [tolerated("c"), tolerated("b", { tolerationSeconds: 9 }), tolerated("a")]
    })
    assert.strictEqual(code, 200)
    assert.deepInclude(Object(body.spec).tolerations, tolerated("b", { tolerationSeconds: 9 }))
  })

  it("may not become less, or different", () => {
    const why = "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    for (const tolerations of [null, [tolerated("a")], [tolerated("a"), tolerated("b", { effect: "NoSchedule" })]]) {
      const { body, code } = patched(server(), { tolerations })
      assert.deepStrictEqual([code, body.message], [422, `Pod "p" is invalid: ${why}`])
    }
    const { body } = patched(server(), { tolerations: null, hostname: "x" })
    assert.include(String(body.message), `[${why}, spec: Forbidden: pod updates may not change fields`)
  })
})
