import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Cluster } from "@portolan/cluster-emulator"
import { CustomKind } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as TestConsole from "effect/testing/TestConsole"
import * as Yaml from "yaml"
import { cli } from "../src/Cli.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-cli-"))
afterAll(() => Fs.rmSync(folder, { recursive: true, force: true }))

const examples = new URL("../../../examples", import.meta.url).pathname
const example = Path.join(examples, "01-full-node/node.yaml")
const platform = Path.join(examples, "platform.yaml")
const text = Fs.readFileSync(example, "utf8")

const file = (name: string, content: string): string => {
  const path = Path.join(folder, name)
  Fs.writeFileSync(path, content)
  return path
}

/** Runs the command line, and returns its output and exit code. */
const portolan = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    let code = 0
    const setExitCode = (next: number) =>
      Effect.sync(() => {
        code = next
      })
    yield* Command.runWith(cli({ env: {}, colour: false, setExitCode }), { version: "0" })(["plan", ...args])
    const out = (yield* TestConsole.logLines).join("\n")
    const errors = (yield* TestConsole.errorLines).join("\n")
    return { out, errors: errors.replaceAll(`${folder}/`, ""), code }
  }).pipe(Effect.provide(NodeServices.layer))

describe("portolan plan -f", () => {
  it.effect("shows every task with its id, its parameters and its effect", () =>
    Effect.gen(function* () {
      const { code, out } = yield* portolan("-f", example)
      assert.strictEqual(code, 0)
      for (const line of [
        "SeiNode sei/node-0: new node of chain pacific-1, synced from genesis",
        "(8 tasks); on success: phase Running; on failure: phase Failed",
        "    create PersistentVolumeClaim sei/data-node-0",
        "    apply StatefulSet sei/node-0",
        " 5. configure-genesis  ",
        '"logging.level":"info"',
        "    submit mark-ready {} to http://node-0-0.node-0.sei.svc.cluster.local:8443"
      ]) {
        assert.include(out, line)
      }
    })
  )

  it.effect("prints the same as JSON, with the manifests", () =>
    Effect.gen(function* () {
      const { out } = yield* portolan("-f", example, "-o", "json", "--platform", platform)
      const preview = JSON.parse(out)
      assert.deepStrictEqual(Object.keys(preview), ["object", "action", "reason", "plan", "tasks", "notes"])
      const { action, plan, reason, tasks } = preview
      assert.deepStrictEqual([action, reason], ["CreatePlan", "new node of chain pacific-1, synced from genesis"])
      assert.strictEqual(plan.tasks.length, 8)
      assert.deepStrictEqual(Object.keys(tasks[2].writes[0]), ["verb", "kind", "namespace", "name", "manifest"])
      assert.strictEqual(tasks[2].writes[0].manifest.spec.updateStrategy.type, "OnDelete")
      assert.deepStrictEqual(Object.keys(tasks[5].submission), ["address", "type", "params"])
      assert.strictEqual(tasks[5].submission.type, "config-apply")
      assert.deepStrictEqual([tasks[2].submission, tasks[2].blocked], [null, null])
    })
  )

  it.effect("prints as JSON why a task would not complete", () =>
    Effect.gen(function* () {
      const { out } = yield* portolan("-f", Path.join(examples, "05-seed", "node.yaml"), "-o", "json")
      const blocked = JSON.parse(out).tasks.flatMap((task: { blocked: unknown }) => task.blocked ?? [])
      assert.deepStrictEqual(blocked[0], {
        outcome: "Wait",
        reason: "SecretNotFound",
        message: "Secret seed-0-node-key does not exist"
      })
    })
  )

  it.effect("rejects a spec that contradicts itself, with exit code 1", () =>
    Effect.gen(function* () {
      const snapshot = "fullNode: { snapshot: { stateSync: {}, bootstrapImage: 'sei:v6.0.0' } }"
      const path = file("rejected.yaml", text.replace("fullNode: {}", snapshot))
      const { code, out } = yield* portolan("-f", path)
      assert.strictEqual(code, 1)
      assert.include(out, "spec.fullNode.snapshot")
    })
  )

  it.effect.each([
    ["01-full-node", "node-0: new node of chain pacific-1, synced from genesis", 8],
    ["02-archive", "archive-0: new node of chain pacific-1, synced from genesis", 8],
    ["03-replayer", "replayer-0: new node of chain pacific-1, restored from a snapshot", 10],
    ["04-validator", "validator-0: new node of chain pacific-1, synced from genesis", 11],
    ["05-seed", "seed-0: new node of chain pacific-1, synced from genesis", 9],
    ["06-snapshot", "snapshot-0: new node of chain pacific-1, restored from a snapshot", 10],
    ["07-state-sync", "state-sync-0: new node of chain pacific-1, state-synced from its peers", 9],
    [
      "08-bootstrap",
      "bootstrap-0: new node of chain pacific-1, restored from a snapshot and bootstrapped with an older image",
      18
    ],
    ["09-imported-volume", "imported-0: new node of chain pacific-1, synced from genesis", 8],
    ["10-ceremony", "ceremony-0: new node of chain testing-1, created in a genesis ceremony", 12]
  ] as const)("plans the example %s with the objects in its folder", ([folder, title, tasks]) =>
    Effect.gen(function* () {
      const { code, out } = yield* portolan("-f", Path.join(examples, folder))
      assert.strictEqual(code, 0)
      assert.isTrue(out.startsWith(`SeiNode sei/${title}\n`), out)
      assert.include(out, ` (${tasks} tasks)`)
      const blocked = out.match(/would (?:wait|fail): .*/gu) ?? []
      assert.deepStrictEqual(
        blocked.filter((line) => !line.includes("bootstrap")),
        []
      )
    })
  )

  it.effect("treats Secrets in the same file as existing, and names a missing one", () =>
    Effect.gen(function* () {
      const [node = "", secrets = ""] = ["node.yaml", "secrets.yaml"].map((name) =>
        Fs.readFileSync(Path.join(examples, "05-seed", name), "utf8")
      )
      const complete = yield* portolan("-f", file("complete.yaml", `${secrets}---\n${node}`))
      assert.notInclude(complete.out, "would wait")
      const alone = yield* portolan("-f", file("alone.yaml", node))
      assert.include(alone.out, "would wait: SecretNotFound (Secret seed-0-node-key does not exist)")
    })
  )

  it.effect("uses the state syncers of the platform file, and waits for those of other chains", () =>
    Effect.gen(function* () {
      const state = Path.join(examples, "07-state-sync", "node.yaml")
      const known = yield* portolan("-f", state, "--platform", platform)
      assert.include(known.out, "syncer-0.example.dev:26657")
      const path = file("elsewhere.yaml", Fs.readFileSync(state, "utf8").replace("pacific-1", "atlantic-2"))
      const unknown = yield* portolan("-f", path, "--platform", platform)
      assert.include(unknown.out, "waiting: StateSyncersMissing (fewer than two state syncers for chain atlantic-2)")
      assert.notInclude(unknown.out, "peers by label")
    })
  )

  it.effect("notes that peers by label are not discovered", () =>
    Effect.gen(function* () {
      const peers = "fullNode: {}\n  peers:\n    - label:\n        selector:\n          team: red"
      const { out } = yield* portolan("-f", file("peers.yaml", text.replace("fullNode: {}", peers)))
      assert.include(out, "note: peers by label and EC2 tags are not discovered")
    })
  )

  it.effect.each([
    {
      name: "unknown.yaml",
      content: text.replace("fullNode", "fullNod"),
      error: 'unknown.yaml:12: spec.fullNod: unknown field (did you mean "fullNode"?)'
    },
    {
      name: "type.yaml",
      content: text.replace(/image: .*/u, "image: 7"),
      error: "type.yaml:11: spec.image: Invalid value"
    },
    {
      name: "mode.yaml",
      content: text.replace("  fullNode: {}\n", ""),
      error: "mode.yaml:9: spec: Invalid value: must set exactly one mode"
    },
    { name: "broken.yaml", content: "a: [1\nb: 2", error: "broken.yaml:2: invalid YAML" },
    {
      name: "kind.yaml",
      content: text.replace("kind: SeiNode", "kind: SeiNod"),
      error: 'kind.yaml:5: kind: must be "SeiNode"'
    },
    {
      name: "version.yaml",
      content: text.replace("v1alpha1", "v1"),
      error: 'version.yaml:4: apiVersion: must be "sei.io/v1alpha1"'
    },
    {
      name: "nameless.yaml",
      content: text.replace("name: node-0", "nam: node-0"),
      error: "nameless.yaml:6: metadata.name: is required"
    },
    {
      name: "two.yaml",
      content: `${text}---\n${text}`,
      error: "two.yaml:19: second SeiNode: only one can be planned at a time"
    },
    { name: "empty.yaml", content: "", error: "empty.yaml: file is empty" }
  ])("$name is one clear message with file, line and field, and exit code 2", ({ content, error, name }) =>
    Effect.gen(function* () {
      const { code, errors, out } = yield* portolan("-f", file(name, content))
      assert.strictEqual(code, 2)
      assert.isTrue(errors.startsWith(error), errors)
      assert.strictEqual(errors.split("\n").length, 1)
      assert.strictEqual(out, "")
    })
  )

  it.effect("lists problems in the order of their lines", () =>
    Effect.gen(function* () {
      const path = file("several.yaml", text.replace("fullNode", "fulNode").replace("image:", "imagee:"))
      const { errors } = yield* portolan("-f", path)
      assert.deepStrictEqual(errors.split("\n"), [
        'several.yaml:11: spec.imagee: unknown field (did you mean "image"?)',
        'several.yaml:12: spec.fulNode: unknown field (did you mean "fullNode"?)'
      ])
    })
  )

  it.effect("names the platform file and its missing key, with exit code 1", () =>
    Effect.gen(function* () {
      const path = file("platform.yaml", Fs.readFileSync(platform, "utf8").replace(/ {2}sidecar: .*\n/u, ""))
      const { code, errors } = yield* portolan("-f", example, "--platform", path)
      assert.strictEqual(code, 1)
      assert.strictEqual(errors, "platform.yaml: images.sidecar is required")
    })
  )
})

describe("portolan plan --platform", () => {
  it.effect("reports invalid YAML in one line with its position", () =>
    Effect.gen(function* () {
      const { code, errors } = yield* portolan("-f", example, "--platform", file("bad.yaml", "scheduling: [\n"))
      assert.strictEqual(code, 1)
      assert.match(errors, /^bad\.yaml: invalid YAML: .* at line 2, column 1$/u)
    })
  )
})

/** An API server with some objects, without controllers. */
const serving = (manifests: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(() => Cluster.start({ manifests, controllers: false })),
    ({ stop }) => Effect.promise(stop)
  )

describe("portolan plan NAME", () => {
  it.effect("plans a SeiNode of a cluster with the objects there, and writes nothing", () =>
    Effect.gen(function* () {
      const files = ["node", "secrets"].map((name) => Path.join(examples, "04-validator", `${name}.yaml`))
      const documents = files
        .flatMap((path) => Fs.readFileSync(path, "utf8").split(/^---$/mu))
        .filter((document) => !/^ {2}name: validator-0-keyring$/mu.test(document))
      const { audit, server, url } = yield* serving([Yaml.stringify(CustomKind.manifest(SeiNode.kind)), ...documents])
      const before = server.resourceVersion
      const { code, out } = yield* portolan("validator-0", "-n", "sei", "--server", url)
      assert.strictEqual(code, 0)
      assert.include(out, "SeiNode sei/validator-0: new node of chain pacific-1, synced from genesis")
      assert.deepStrictEqual(out.match(/would wait: .*/gu), [
        "would wait: SecretNotFound (Secret validator-0-keyring does not exist)"
      ])
      assert.strictEqual(server.resourceVersion, before)
      assert.isTrue(audit().every(({ verb }) => verb === "get" || verb === "list"))
      const missing = yield* portolan("node-9", "-n", "sei", "--server", url)
      assert.strictEqual(missing.code, 1)
      assert.include(missing.errors, "SeiNode sei/node-9 not found")
    }).pipe(Effect.scoped)
  )

  it.effect("names a missing kubeconfig, with exit code 1", () =>
    Effect.gen(function* () {
      const { code, errors } = yield* portolan("node-0", "--kubeconfig", "/nowhere/kubeconfig")
      assert.strictEqual(code, 1)
      assert.include(errors, "/nowhere/kubeconfig: no such file")
    })
  )
})
