// The expected responses were recorded from kube-apiserver.
import { assert, describe, it } from "vitest"
import { ApiServer } from "../../src/index.ts"

const pods = { group: "", version: "v1", plural: "pods", namespace: "default", query: {}, user: "test-user" }

const createPod = (server: ApiServer.ApiServer, spec: object) => {
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec }
  return server.handle({ ...pods, verb: "create", name: "", body })
}

const patchPod = (server: ApiServer.ApiServer, spec: object) =>
  server.handle({ ...pods, verb: "patch", patchFormat: "merge", name: "p", body: { spec } })

const DIGEST = `sha256:${"a".repeat(64)}`

describe("the default imagePullPolicy", () => {
  const policyOf = (image: string) =>
    Object(createPod(ApiServer.make(), { containers: [{ name: "c", image }] }).body.spec).containers[0].imagePullPolicy

  it("is Always for images without tag or with the tag latest", () => {
    const withHost = ["localhost:5000/x", "h.io:5000/x:latest", "Foo/bar", "[::1]:5000/x", "a_b.c/x:latest"]
    for (const image of ["i", "i:latest", `x:latest@${DIGEST}`, "a__b", "a-b--c", "a".repeat(63), ...withHost]) {
      assert.strictEqual(policyOf(image), "Always", image)
    }
  })

  it("is IfNotPresent for images with another tag or a digest, and for invalid images", () => {
    const invalid = [
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
    for (const image of ["i:1", `x@${DIGEST}`, `x:1@${DIGEST}`, `x:${"t".repeat(129)}`, ...invalid]) {
      assert.strictEqual(policyOf(image), "IfNotPresent", image)
    }
  })
})

describe("an update of the tolerations of a pod", () => {
  const toleration = (key: string, fields: object = {}) => ({ key, operator: "Exists", effect: "NoExecute", ...fields })
  const serverWithPod = () => {
    const server = ApiServer.make()
    createPod(server, { containers: [{ name: "c", image: "i" }], tolerations: [toleration("a"), toleration("b")] })
    return server
  }

  it("can add tolerations and change tolerationSeconds", () => {
    const { body, code } = patchPod(serverWithPod(), {
      tolerations: [toleration("c"), toleration("b", { tolerationSeconds: 9 }), toleration("a")]
    })
    assert.strictEqual(code, 200)
    assert.deepInclude(Object(body.spec).tolerations, toleration("b", { tolerationSeconds: 9 }))
  })

  it("cannot remove or change tolerations", () => {
    const why = "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    for (const tolerations of [null, [toleration("a")], [toleration("a"), toleration("b", { effect: "NoSchedule" })]]) {
      const { body, code } = patchPod(serverWithPod(), { tolerations })
      assert.deepStrictEqual([code, body.message], [422, `Pod "p" is invalid: ${why}`])
    }
    const { body } = patchPod(serverWithPod(), { tolerations: null, hostname: "x" })
    assert.include(String(body.message), `[${why}, spec: Forbidden: pod updates may not change fields`)
  })
})
