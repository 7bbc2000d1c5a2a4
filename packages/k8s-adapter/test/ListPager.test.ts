import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ListPager from "../src/client/ListPager.ts"
import { Client } from "../src/index.ts"
import { configMap, list, stored } from "./fixtures/Objects.ts"

type Response = Pick<Client.Response, "status" | "body"> & { readonly text?: string }

/** Lists with these responses in turn. Returns the methods and paths of the requests as well. */
const run = Effect.fnUntraced(function* (...responses: ReadonlyArray<Response>) {
  const requests: Array<string> = []
  const client = Client.Client.of({
    server: "http://scripted",
    request: ({ method, path }) => {
      const response = responses[requests.length]
      requests.push(`${method} ${path}`)
      return response === undefined
        ? Effect.fail(new Client.TransportFailed({ message: "connection refused" }))
        : Effect.succeed({ text: "", ...response })
    },
    open: () => Effect.never
  })
  const result = yield* Effect.result(ListPager.list(client, configMap, {}))
  return { requests, result }
})

/** The reason of a failed list: `Unavailable: message`. */
const failureOf = (...responses: ReadonlyArray<Response>) =>
  Effect.map(run(...responses), ({ result }) =>
    result._tag === "Failure" ? `${result.failure._tag}: ${result.failure.message}` : "no failure"
  )

const success = (body: unknown, text = ""): Response => ({ status: 200, body, text })

describe("ListPager", () => {
  it.effect("gets pages until one has no continue token", () =>
    Effect.gen(function* () {
      const pages = [list(9, [stored("a", 1)], "t"), list(9, [stored("b", 2)], "u"), list(9, [stored("c", 3)], "")]
      const { requests, result } = yield* run(...pages.map((page) => success(page)))

      const path = "GET /api/v1/configmaps?limit=500"
      assert.deepStrictEqual(requests, [path, `${path}&continue=t`, `${path}&continue=u`])
      assert.strictEqual(result._tag, "Success")
      if (result._tag === "Failure") return
      assert.deepStrictEqual(
        result.success.objects.map(({ metadata }) => metadata.name),
        ["a", "b", "c"]
      )
      assert.strictEqual(result.success.resourceVersion, "9")
    })
  )

  it.effect.each([
    ["null", { items: null }],
    ["missing", {}]
  ] as const)("takes a list whose items are %s for empty", ([, items]) =>
    Effect.gen(function* () {
      const { result } = yield* run(success({ metadata: { resourceVersion: "9" }, ...items }))

      assert.strictEqual(result._tag, "Success")
      if (result._tag === "Success") assert.deepStrictEqual(result.success.objects, [])
    })
  )

  it.effect("fails after 410 Gone without a continue token", () =>
    Effect.gen(function* () {
      const gone = { status: 410, body: undefined }

      assert.strictEqual(yield* failureOf(gone), "Rejected: HTTP 410")
      assert.strictEqual(yield* failureOf(success(list(9, [], "t")), gone, gone), "Rejected: HTTP 410")
    })
  )

  it.effect("fails when a page fails or has no response", () =>
    Effect.gen(function* () {
      const first = success(list(9, [stored("a", 1)], "t"))

      // The body of a failed response is not read as a list.
      assert.strictEqual(yield* failureOf(first, { status: 500, body: list(9, []) }), "Unavailable: HTTP 500")
      assert.strictEqual(yield* failureOf(first), "Unavailable: connection refused")
    })
  )

  it.effect("fails with the beginning of a response that is not a list", () =>
    Effect.gen(function* () {
      const text = "x".repeat(1_000)

      assert.strictEqual(
        yield* failureOf(success(undefined, text)),
        `Unavailable: response is not a list: ${"x".repeat(100)}`
      )
      assert.strictEqual(yield* failureOf(success({ metadata: {} }, "{}")), "Unavailable: response is not a list: {}")
    })
  )

  it.effect("fails when an item has no metadata", () =>
    Effect.gen(function* () {
      const items = success({ ...list(9, []), items: [stored("a", 1), {}] })

      assert.strictEqual(yield* failureOf(items), "Unavailable: response has an item without metadata")
    })
  )
})
