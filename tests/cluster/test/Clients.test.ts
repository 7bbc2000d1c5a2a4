// Real clients show which requests the emulated server has to serve, and which responses clients accept.
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as K8s from "@kubernetes/client-node"
import { HttpFaults, InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as Effect from "effect/Effect"

const { plural } = Conformance.widget
const [group = "", version = ""] = Conformance.widget.apiVersion.split("/")
const collection = { group, version, namespace: "default", plural }
const widget = (name: string, size = 1) => ({
  apiVersion: Conformance.widget.apiVersion,
  kind: Conformance.widget.kind,
  metadata: { name, namespace: "default", labels: { tier: "gold" } },
  spec: { size }
})

const cluster = Effect.gen(function* () {
  const faults = HttpFaults.make()
  const server = yield* InMemoryKubernetes.makeServer({ definitions: [Conformance.widgetDefinition] })
  const { audit, kubeconfig } = yield* KubernetesServer.make({ server, faults })
  const stored = () => server.peekAll({ group, version, plural })
  const handle = (verb: "create" | "delete", name: string) =>
    server.handle({
      ...collection,
      verb,
      name: verb === "create" ? "" : name,
      query: {},
      user: "user",
      ...(verb === "create" ? { body: widget(name) } : {})
    })
  return { handle, audit, faults, kubeconfig, stored }
})

const promise = <A>(make: () => Promise<A>): Effect.Effect<A> => Effect.promise(make)

describe("client-node on the emulated API server", () => {
  const client = Effect.map(cluster, (server) => {
    const config = new K8s.KubeConfig()
    config.loadFromString(server.kubeconfig)
    return { ...server, config, objects: config.makeApiClient(K8s.CustomObjectsApi) }
  })

  it.live("creates, reads, patches in each format, replaces, lists in pages and deletes", () =>
    Effect.gen(function* () {
      const { config, objects, stored } = yield* client
      const object = { ...collection, name: "a" }
      yield* promise(() => objects.createNamespacedCustomObject({ ...collection, body: widget("a") }))
      const patch = (body: object, format: string) =>
        promise(() =>
          objects.patchNamespacedCustomObject(
            {
              ...object,
              body,
              fieldManager: "clients",
              ...(format === K8s.PatchStrategy.ServerSideApply ? { force: true } : {})
            },
            K8s.setHeaderOptions("Content-Type", format)
          )
        )
      const sizes: Array<unknown> = []
      for (const [body, format] of [
        [[{ op: "replace", path: "/spec/size", value: 2 }], K8s.PatchStrategy.JsonPatch],
        [{ spec: { size: 3 } }, K8s.PatchStrategy.MergePatch],
        [widget("a", 4), K8s.PatchStrategy.ServerSideApply]
      ] as const) {
        yield* patch(body, format)
        sizes.push(stored()[0]?.spec)
      }
      assert.deepStrictEqual(sizes, [{ size: 2 }, { size: 3 }, { size: 4 }])

      const read = yield* promise(() => objects.getNamespacedCustomObject(object))
      yield* promise(() =>
        objects.replaceNamespacedCustomObjectStatus({ ...object, body: { ...read, status: { phase: "Up" } } })
      )
      assert.deepStrictEqual(stored()[0]?.status, { phase: "Up" })
      const stale = yield* Effect.exit(
        promise(() => objects.replaceNamespacedCustomObject({ ...object, body: { ...read, spec: { size: 9 } } }))
      )
      assert.strictEqual(stale._tag, "Failure")

      yield* promise(() => objects.createNamespacedCustomObject({ ...collection, body: widget("b") }))
      const first = yield* promise(() => objects.listNamespacedCustomObject({ ...collection, limit: 1 }))
      const second = yield* promise(() =>
        objects.listNamespacedCustomObject({
          ...collection,
          limit: 1,
          _continue: first.metadata._continue ?? first.metadata.continue
        })
      )
      const names = [first, second].map(({ items }) => items.map((item: K8s.KubernetesObject) => item.metadata?.name))
      assert.deepStrictEqual(names, [["a"], ["b"]])

      yield* promise(() => objects.deleteNamespacedCustomObject(object))
      const core = config.makeApiClient(K8s.CoreV1Api)
      const configMap = { metadata: { name: "c" }, data: { x: "1" } }
      yield* promise(() => core.createNamespacedConfigMap({ namespace: "default", body: configMap }))
      const { items } = yield* promise(() => core.listNamespacedConfigMap({ namespace: "default" }))
      assert.deepStrictEqual([stored().length, items.length, items[0]?.data], [1, 1, { x: "1" }])
    }).pipe(Effect.scoped)
  )

  it.live(
    "its informer resumes after the end of a watch, and lists again after a broken watch, a 410 and a lost DELETED",
    () =>
      Effect.gen(function* () {
        const { config, faults, handle, objects, stored } = yield* client
        const list = () => objects.listNamespacedCustomObject(collection)
        const informer = K8s.makeInformer(config, `/apis/${group}/${version}/namespaces/default/${plural}`, list)
        const received: Array<string> = []
        const record = (verb: string) => (object: K8s.KubernetesObject) => {
          received.push(`${verb} ${object.metadata?.name}`)
        }
        informer.on("add", record("add"))
        informer.on("delete", record("delete"))
        informer.on("error", () => setTimeout(() => void informer.start(), 20))
        yield* Effect.acquireRelease(
          promise(() => informer.start()),
          () => promise(() => informer.stop())
        )
        const synced = promise(async () => {
          const names = (objects: ReadonlyArray<{ readonly metadata?: { readonly name?: string } }>) =>
            objects.map((object) => object.metadata?.name).toSorted()
          while (JSON.stringify(names(informer.list())) !== JSON.stringify(names(stored()))) {
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        })
        handle("create", "a")
        yield* synced
        const injections: Array<HttpFaults.Injection> = []
        for (const [verb, name, ...injected] of [
          ["create", "b", HttpFaults.watchEnded()],
          ["create", "c", HttpFaults.watchEnded(), HttpFaults.historyGone({ as: "event" })],
          ["create", "d", HttpFaults.watchCut()],
          ["delete", "a", HttpFaults.deletedLost()]
        ] as const) {
          for (const fault of injected) injections.push(faults.inject(fault))
          handle(verb, name)
          yield* synced
        }
        assert.deepStrictEqual(
          injections.map(({ injected }) => injected()),
          [1, 1, 1, 1, 1]
        )
        assert.deepStrictEqual(received, ["add a", "add b", "add c", "add d", "delete a"])
      }).pipe(Effect.scoped)
  )
})

describe("kubectl on the emulated API server", () => {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with kubectl", () => {})
    return
  }

  it.live("applies, gets, diffs, edits, waits and deletes", () =>
    Effect.gen(function* () {
      const { kubeconfig, stored } = yield* cluster
      const { at, kubectl, write } = yield* workspace(kubeconfig, assets)
      write("widget.json", JSON.stringify(widget("a")))
      write("larger.json", JSON.stringify(widget("a", 2)))
      write("editor.sh", `#!/bin/sh\nsed -i 's/size: 2/size: 7/' "$1"\n`)
      Fs.chmodSync(at("editor.sh"), 0o755)

      assert.include(yield* kubectl("apply", "-f", "widget.json"), "created")
      assert.match(yield* kubectl("get", plural, "-o", "wide"), /NAME.*\n?a\s/u)
      assert.match(yield* kubectl("diff", "-f", "larger.json"), /-\s+size: 1\n\+\s+size: 2/u)
      assert.include(yield* kubectl("apply", "-f", "larger.json"), "configured")
      assert.include(yield* kubectl("apply", "-f", "larger.json"), "unchanged")
      const forced = ["--server-side", "--force-conflicts", "-f"]
      assert.include(yield* kubectl("apply", ...forced, "larger.json"), "serverside-applied")
      const ready = { status: { conditions: [{ type: "Ready", status: "True" }] } }
      yield* kubectl("patch", plural, "a", "--subresource=status", "--type=merge", "-p", JSON.stringify(ready))
      assert.include(yield* kubectl("wait", `${plural}/a`, "--for=condition=Ready", "--timeout=10s"), "condition met")
      assert.include(yield* kubectl("explain", `${plural}.spec`), "size")
      assert.match(yield* kubectl("describe", plural, "a"), /Name:\s+a\n/u)
      yield* kubectl("label", plural, "a", "tier=tin", "--overwrite")
      yield* kubectl("annotate", plural, "a", "note=kept")
      assert.include(yield* kubectl("edit", plural, "a"), "edited")
      const edited = stored()[0]
      assert.deepStrictEqual(
        [edited?.spec, edited?.metadata.labels, edited?.metadata.annotations?.note],
        [{ size: 7 }, { tier: "tin" }, "kept"]
      )
      const operations = JSON.stringify([{ op: "replace", path: "/spec/size", value: 8 }])
      yield* kubectl("patch", plural, "a", "--type=json", "-p", operations)
      assert.strictEqual(yield* kubectl("get", plural, "a", "-o", "jsonpath={.spec.size}"), "8")
      write("b.json", JSON.stringify(widget("b")))
      yield* kubectl("create", "-f", "b.json")
      assert.lengthOf((yield* kubectl("get", plural, "-A", "--chunk-size=1", "-o", "name")).trim().split("\n"), 2)
      assert.include(yield* kubectl("get", plural, "-l", "tier=gold", "-o", "name"), "/b")
      assert.include(yield* kubectl("delete", plural, "a"), "deleted")
      assert.include(yield* kubectl("get", plural, "a"), "NotFound")
      yield* kubectl("delete", plural, "--all")
      assert.deepStrictEqual(stored(), [])
    }).pipe(Effect.scoped)
  )

  it.live("retries when the server is busy, and reports a server that is unavailable", () =>
    Effect.gen(function* () {
      const { faults, kubeconfig } = yield* cluster
      const { kubectl } = yield* workspace(kubeconfig, assets)
      const on = { verb: "list", resource: plural }
      const busy = faults.inject(HttpFaults.throttled({ seconds: 0 }), { on, times: 2 })
      assert.include(yield* kubectl("get", plural), "No resources found")
      assert.strictEqual(busy.injected(), 2)
      faults.inject(HttpFaults.unavailable(), { on, times: Number.POSITIVE_INFINITY })
      assert.include(yield* kubectl("get", plural), "ServiceUnavailable")
    }).pipe(Effect.scoped)
  )
})

/** A temporary folder with a kubeconfig, and a function that runs kubectl in it and returns all of its output. */
const workspace = Effect.fnUntraced(function* (kubeconfig: string, assets: string) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-clients-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
  )
  const at = (name: string) => Path.join(folder, name)
  const write = (name: string, text: string) => Fs.writeFileSync(at(name), text)
  write("config", kubeconfig)
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: at("config"), KUBE_EDITOR: at("editor.sh") }
  const kubectl = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
    Effect.callback((resume) => {
      execFile(Path.join(assets, "kubectl"), args, { cwd: folder, env, timeout: 30_000 }, (_, stdout, stderr) =>
        resume(Effect.succeed(stdout + stderr))
      )
    })
  return { at, kubectl, write }
})
