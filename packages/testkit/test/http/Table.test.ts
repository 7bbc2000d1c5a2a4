import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { send, serving, widget, widgets } from "./fixture.ts"

const accept = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" }

describe("Table", () => {
  it.effect("shows the printer columns of a custom kind, with metadata in each row", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a", 3))
      yield* TestClock.adjust("150 seconds")
      const status = { status: { conditions: [{ type: "Ready", status: "True" }] } }
      yield* send(url, `PATCH ${widgets}/a/status`, status, { "content-type": "application/merge-patch+json" })
      const { body } = yield* send(url, `GET ${widgets}`, undefined, accept)
      const columns = Array.isArray(body.columnDefinitions) ? body.columnDefinitions : []
      assert.deepStrictEqual(
        columns.map(({ name, type }) => [name, type]),
        [
          ["Name", "string"],
          ["Size", "integer"],
          ["Ready", "string"],
          ["Age", "date"]
        ]
      )
      const [row] = Array.isArray(body.rows) ? body.rows : []
      assert.deepStrictEqual(row.cells, ["a", 3, "True", "2m30s"])
      assert.strictEqual(row.object.kind, "PartialObjectMetadata")
    })
  )

  it.effect("returns metadata only when the client accepts that", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      const partial = { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json" }
      const { body } = yield* send(url, `GET ${widgets}`, undefined, partial)
      assert.strictEqual(body.kind, "PartialObjectMetadataList")
      const [item] = Array.isArray(body.items) ? body.items : []
      assert.deepStrictEqual(Object.keys(item), ["kind", "apiVersion", "metadata"])
    })
  )
})
