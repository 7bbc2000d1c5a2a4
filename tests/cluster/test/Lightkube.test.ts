// A client in another language, by other people, because ours could share our mistakes.
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Python from "../harness/Python.ts"

const path = (name: string) => fileURLToPath(new URL(`../lightkube/${name}`, import.meta.url))
const python = await Python.withPackages(path("requirements.txt"))

describe("lightkube makes, lists, patches, applies, watches and deletes a custom kind and a built-in one", () => {
  if (typeof python !== "function") {
    it.skip(`needs ${python.missing}`, () => {})
    return
  }
  /** Lets the story be told in a folder with all that it reads, and looks at what it saw. */
  const notify = Effect.fnUntraced(function* (kubeconfig: string) {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-lightkube-"))),
      (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true }))
    )
    const [config, definition] = [Path.join(folder, "config"), Path.join(folder, "widgets.json")]
    Fs.writeFileSync(config, kubeconfig)
    Fs.writeFileSync(definition, JSON.stringify(Conformance.widgetDefinition))
    const text = yield* Effect.promise(() => python(path("story.py"), config, definition))
    const { statefulsets, widgets } = JSON.parse(text)
    assert.deepStrictEqual(widgets, run(".spec.size"))
    assert.deepStrictEqual(statefulsets, run(".spec.replicas"))
  })

  it.live("on the server in memory", () =>
    Effect.gen(function* () {
      const { kubeconfig } = yield* KubernetesServer.make({ server: yield* InMemoryKubernetes.makeServer() })
      yield* notify(kubeconfig)
    }).pipe(Effect.scoped)
  )

  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
    return
  }
  it.live("on a real one, and sees the same", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make()
      yield* notify(Fs.readFileSync(plane.kubeconfig(ControlPlane.ADMIN), "utf8"))
    }).pipe(Effect.scoped)
  )
})

/** What any server shows of a life in which somebody else applies the size. */
const run = (size: string) => ({
  taken: [409, "AlreadyExists", []],
  generation: 1,
  read: true,
  pages: ["a", "c"],
  fields: ["b"],
  merged: 2,
  stale: [409, "Conflict", []],
  conflict: [409, "Conflict", [size]],
  applied: 3,
  status: [1, 3],
  managers: [
    ["other", "Apply", ""],
    ["story", "Update", ""],
    ["story", "Update", "status"]
  ],
  going: true,
  gone: [404, "NotFound", []],
  watched: [
    ["ADDED", "b", 1],
    ["ADDED", "c", 1],
    ["MODIFIED", "a", 2],
    ...Array.from({ length: 4 }, () => ["MODIFIED", "a", 3]),
    ["DELETED", "a", 3]
  ],
  left: 0
})
