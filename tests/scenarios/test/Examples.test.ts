/** A cluster with our kinds accepts every example, and three lines of comment say what the example does. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { CustomKind } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { ApiServer, Resources } from "@portolan/testkit"
import * as Yaml from "yaml"

const folder = new URL("../../../examples", import.meta.url).pathname

/** Paths below `examples` of the manifests in every folder with a node. */
const files = Fs.readdirSync(folder)
  .filter((name) => Fs.existsSync(Path.join(folder, name, "node.yaml")))
  .flatMap((name) => Fs.readdirSync(Path.join(folder, name)).map((file) => Path.join(name, file)))
  .filter((path) => path.endsWith(".yaml"))
  .sort()
const read = (path: string) => Fs.readFileSync(Path.join(folder, path), "utf8")

const PLURALS: { readonly [kind: string]: string } = {
  CustomResourceDefinition: "customresourcedefinitions",
  Namespace: "namespaces",
  PersistentVolumeClaim: "persistentvolumeclaims",
  Secret: "secrets",
  SeiNode: SeiNode.kind.plural
}

/** The API server's response to a manifest. */
const create = (server: ApiServer.ApiServer, body: ReturnType<typeof Yaml.parse>) => {
  const { namespace = "" } = body.metadata
  const query = { fieldValidation: "Strict" }
  const resource = Resources.resourceOf({ apiVersion: body.apiVersion, plural: PLURALS[body.kind] ?? "" })
  return server.handle({ ...resource, verb: "create", namespace, name: "", query, user: "tester", body })
}

describe("examples", () => {
  it("cover ten cases", () => {
    assert.isAtLeast(files.filter((path) => path.endsWith("node.yaml")).length, 10)
  })

  it.each(files)("%s is accepted with strict field validation", (path) => {
    const server = ApiServer.make()
    create(server, CustomKind.manifest(SeiNode.kind))
    create(server, { apiVersion: "v1", kind: "Namespace", metadata: { name: "sei" } })
    for (const document of Yaml.parseAllDocuments(read(path))) {
      assert.deepStrictEqual(document.errors, [])
      const { body, code } = create(server, document.toJS())
      assert.strictEqual(code, 201, String(body.message))
    }
  })

  it.each(files.filter((path) => path.endsWith("node.yaml")))("%s begins with three lines of comment", (path) => {
    assert.match(read(path), /^(# .+\n){3}apiVersion: /u)
  })
})
