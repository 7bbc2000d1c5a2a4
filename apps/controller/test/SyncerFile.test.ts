import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { SyncerRegistry } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as SyncerFile from "../src/SyncerFile.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-syncers-"))
afterAll(() => Fs.rmSync(folder, { recursive: true, force: true }))

const registry = (...syncers: ReadonlyArray<string>) =>
  `stateSync:\n  syncers:\n    pacific-1: [${syncers.join(", ")}]\n`

/** A ConfigMap volume as the kubelet mounts it: the file is a link through `..data`, which an update replaces. */
const mounted = (name: string) => {
  const root = Path.join(folder, name)
  let version = 0
  const swap = (text: string) => {
    const data = Path.join(root, `..${++version}`)
    Fs.mkdirSync(data, { recursive: true })
    Fs.writeFileSync(Path.join(data, "platform.yaml"), text)
    Fs.symlinkSync(data, Path.join(root, "..next"))
    Fs.renameSync(Path.join(root, "..next"), Path.join(root, "..data"))
  }
  swap("")
  const path = Path.join(root, "platform.yaml")
  Fs.symlinkSync(Path.join("..data", "platform.yaml"), path)
  return { path, swap }
}

const entries = (path: string, chainId = "pacific-1") =>
  SyncerRegistry.SyncerRegistry.use((registry) => registry.entries(chainId)).pipe(
    Effect.provide(SyncerFile.layer(path))
  )

const errorFor = (name: string, content: string) => {
  const path = Path.join(folder, name)
  Fs.writeFileSync(path, content)
  return Effect.map(Effect.flip(entries(path)), ({ message }) => message.replace(`${folder}/`, ""))
}

describe("SyncerFile", () => {
  it.effect("reads an updated ConfigMap on the next call", () =>
    Effect.gen(function* () {
      const { path, swap } = mounted("swapped")
      assert.deepStrictEqual(yield* entries(path), [])
      swap(registry("a:26657", "b:26657"))
      assert.deepStrictEqual(yield* entries(path), ["a:26657", "b:26657"])
      assert.deepStrictEqual(yield* entries(path, "atlantic-2"), [])
    })
  )

  it.effect("is empty without a path or a file", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* entries(""), [])
      assert.deepStrictEqual(yield* entries(Path.join(folder, "nothing.yaml")), [])
    })
  )

  it.effect("reports the file and the problem in one line when the file is invalid", () =>
    Effect.gen(function* () {
      assert.match(yield* errorFor("broken.yaml", "stateSync: [\n"), /^broken\.yaml: [^\n]+$/u)
      const wrongShape = yield* errorFor("shape.yaml", "stateSync:\n  syncers:\n    pacific-1: a:26657\n")
      assert.match(wrongShape, /^shape\.yaml: Expected array[^\n]*pacific-1[^\n]*$/u)
    })
  )

  it.effect("runs the effect once within five seconds of a change, until its scope closes", () =>
    Effect.gen(function* () {
      const { path, swap } = mounted("watched")
      let runs = 0
      const fiveSeconds = TestClock.adjust("5 seconds")
      yield* Effect.gen(function* () {
        yield* SyncerFile.onChange(
          path,
          Effect.sync(() => void runs++)
        )
        yield* fiveSeconds
        assert.strictEqual(runs, 0)
        swap(registry("a:26657"))
        yield* fiveSeconds
        yield* fiveSeconds
        assert.strictEqual(runs, 1)
      }).pipe(Effect.scoped)
      swap(registry("b:26657"))
      yield* fiveSeconds
      assert.strictEqual(runs, 1)
    })
  )

  it.effect("runs the effect when the file appears or disappears, and not when its content stays", () =>
    Effect.gen(function* () {
      const path = Path.join(folder, "later.yaml")
      let runs = 0
      yield* SyncerFile.onChange(
        path,
        Effect.sync(() => void runs++)
      )
      const runsAfter = (change: () => void) =>
        Effect.gen(function* () {
          change()
          yield* TestClock.adjust("5 seconds")
          return runs
        })
      const write = () => Fs.writeFileSync(path, registry("a:26657"))
      assert.strictEqual(yield* runsAfter(write), 1)
      assert.strictEqual(yield* runsAfter(write), 1)
      assert.strictEqual(yield* runsAfter(() => Fs.rmSync(path)), 2)
      assert.strictEqual(yield* runsAfter(write), 3)
    }).pipe(Effect.scoped)
  )
})
