import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { send, serving } from "./fixture.ts"

describe("Discovery", () => {
  it.effect("lists groups, versions and resources", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const core = yield* send(url, "GET /api")
      assert.deepStrictEqual(core.body.versions, ["v1"])
      const { body: groups } = yield* send(url, "GET /apis")
      const names = Array.isArray(groups.groups) ? groups.groups.map(({ name }) => name) : []
      assert.includeMembers(names, ["apps", "example.dev", "coordination.k8s.io"])
      const { body: group } = yield* send(url, "GET /apis/example.dev")
      assert.deepStrictEqual(group.preferredVersion, { groupVersion: "example.dev/v1", version: "v1" })
      const { body: list } = yield* send(url, "GET /apis/example.dev/v1")
      const [itself, status] = Array.isArray(list.resources) ? list.resources : []
      assert.deepInclude(itself, { name: "widgets", kind: "Widget", shortNames: ["wd"], categories: ["all"] })
      assert.deepInclude(status, { name: "widgets/status", verbs: ["get", "patch", "update"] })
      assert.strictEqual((yield* send(url, "GET /apis/other.dev/v1")).code, 404)
    })
  )

  it.effect("returns the aggregated form to a client that accepts it", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
      const { body, headers } = yield* send(url, "GET /apis", undefined, { accept })
      assert.include(headers.get("content-type") ?? "", "as=APIGroupDiscoveryList")
      const groups = Array.isArray(body.items) ? body.items : []
      const example = groups.find(({ metadata }) => metadata.name === "example.dev")
      const [resource] = example.versions[0].resources
      assert.deepInclude(resource, { resource: "widgets", singularResource: "widget", scope: "Namespaced" })
      assert.strictEqual(resource.subresources[0].subresource, "status")
      const { body: core } = yield* send(url, "GET /api", undefined, { accept })
      assert.deepStrictEqual(Array.isArray(core.items) ? core.items.length : 0, 1)
    })
  )
})

describe("OpenApi", () => {
  it.effect("links the index to the schema of a custom kind", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const { body: index } = yield* send(url, "GET /openapi/v3")
      const paths = JSON.parse(JSON.stringify(index.paths))
      const { body } = yield* send(url, `GET ${paths["apis/example.dev/v1"].serverRelativeURL}`)
      const document = JSON.parse(JSON.stringify(body))
      const schema = document.components.schemas["dev.example.v1.Widget"]
      assert.strictEqual(schema.properties.spec.properties.size.description, "How large.")
      const kind = { group: "example.dev", version: "v1", kind: "Widget" }
      assert.deepStrictEqual(schema["x-kubernetes-group-version-kind"], [kind])
      const { patch } = document.paths["/apis/example.dev/v1/namespaces/{namespace}/widgets/{name}"]
      assert.deepStrictEqual(patch["x-kubernetes-group-version-kind"], kind)
      const names = patch.parameters.map(({ name }: { readonly name: string }) => name)
      assert.includeMembers(names, ["dryRun", "fieldValidation", "force"])
    })
  )

  it.effect("defines every schema that a document refers to", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      for (const path of ["api/v1", "apis/example.dev/v1", "apis/apps/v1"]) {
        const { body } = yield* send(url, `GET /openapi/v3/${path}`)
        const document = JSON.parse(JSON.stringify(body))
        const named = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/gu)
        for (const [, name] of named) assert.property(document.components.schemas, name ?? "")
      }
    })
  )

  it.effect("serves version 2 as JSON only", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      assert.strictEqual((yield* send(url, "GET /openapi/v2")).code, 200)
      const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
      assert.strictEqual((yield* send(url, "GET /openapi/v2", undefined, { accept })).code, 406)
    })
  )
})
