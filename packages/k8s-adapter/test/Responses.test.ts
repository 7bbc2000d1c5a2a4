import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Responses from "../src/client/Responses.ts"
import { configMap, stored } from "./fixtures/Objects.ts"

const response = (status: number, body: unknown = undefined, text = "") => ({ status, body, text })

/** `Rejected 403 Forbidden: message` */
const reason = (status: number, body?: unknown, text?: string): string => {
  const found = Responses.reason(response(status, body, text))
  return found._tag === "Rejected"
    ? `Rejected ${found.status} ${found.code}: ${found.message}`
    : `${found._tag}: ${found.message}`
}

describe("a failed response", () => {
  it.each([
    [400, "Rejected 400 BadRequest: HTTP 400"],
    [401, "Rejected 401 Unauthorized: HTTP 401"],
    [403, "Rejected 403 Forbidden: HTTP 403"],
    [404, "Rejected 404 NotFound: HTTP 404"],
    [405, "Rejected 405 MethodNotAllowed: HTTP 405"],
    [408, "Unavailable: HTTP 408"],
    [409, "Conflict: HTTP 409"],
    [410, "Rejected 410 Expired: HTTP 410"],
    [413, "Rejected 413 RequestEntityTooLarge: HTTP 413"],
    [415, "Rejected 415 UnsupportedMediaType: HTTP 415"],
    [418, "Rejected 418 Unknown: HTTP 418"],
    [422, "Rejected 422 Invalid: HTTP 422"],
    [429, "Unavailable: HTTP 429"],
    [302, "Unavailable: HTTP 302"],
    [500, "Unavailable: HTTP 500"]
  ])("%i of a proxy", (status, expected) => {
    assert.strictEqual(reason(status), expected)
  })

  it("shows the text of a proxy, and the message of a Status instead", () => {
    assert.strictEqual(reason(403, undefined, "denied"), "Rejected 403 Forbidden: HTTP 403: denied")
    assert.strictEqual(
      reason(403, { kind: "Status", reason: "Custom", message: "no" }, "denied"),
      "Rejected 403 Custom: no"
    )
  })

  it.each([
    [[{ field: "metadata.uid" }], "Conflict: m"],
    [[{ field: "metadata.uid" }, { field: "metadata.ownerReferences" }], "Conflict: m"],
    [[{ field: "metadata.uid" }, { field: "spec" }], "Rejected 422 Invalid: m"],
    [[{}], "Rejected 422 Invalid: m"],
    [[], "Rejected 422 Invalid: m"]
  ])("422 with the causes %j: %s", (causes, expected) => {
    assert.strictEqual(reason(422, { kind: "Status", message: "m", details: { causes } }), expected)
  })
})

describe("a response", () => {
  it("succeeded from 200 up to 299", () => {
    const statuses = [101, 199, 200, 201, 299, 300, 404]
    assert.deepStrictEqual(
      statuses.filter((status) => Responses.succeeded(response(status))),
      [200, 201, 299]
    )
  })

  it("has an object if its body has metadata; the kind is added to items of lists", () => {
    const object = stored("a", 5)
    const { apiVersion: _, kind: __, ...item } = object
    assert.deepStrictEqual(Responses.object(object, configMap), Option.some(object))
    assert.deepStrictEqual(Responses.object(item, configMap), Option.some(object))
    for (const body of [undefined, null, "text", 5, { hello: "world" }, { kind: "Status", metadata: {} }]) {
      assert.isTrue(Option.isNone(Responses.object(body, configMap)))
    }
  })
})
