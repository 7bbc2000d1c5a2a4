import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as ControlPlane from "../src/control-plane/ControlPlane.ts"
import { folder, SERVES, script } from "./control-plane/FakeBinaries.ts"

const etcd = script("etcd Version: 3.6.8")
const apiserver = script("Kubernetes v1.36.3")

/** The error of a control plane that does not start. */
const errorOf = (options: ControlPlane.Options) =>
  ControlPlane.make(options).pipe(
    Effect.scoped,
    Effect.flip,
    Effect.map(({ message }) => message)
  )

/** The error with a directory of scripts as its binaries; the path of the directory is replaced by ASSETS. */
const errorWith = (scripts: Readonly<Record<string, string>>, options: ControlPlane.Options = {}) =>
  Effect.gen(function* () {
    const assets = yield* folder(scripts)
    const message = yield* errorOf({ ...options, assets })
    assert.notInclude(message, "\n")
    return message.replaceAll(assets, "ASSETS")
  }).pipe(Effect.scoped)

/** A fake etcd that writes its process id and its data directory to files. */
const recordingEtcd = (records: string) =>
  script("etcd Version: 3.6.8", `echo $$ > ${records}/pid; echo "$1" > ${records}/data\n${SERVES}`)

/** Whether a process exists. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Whether the recorded etcd is still running, and whether its workspace still exists. */
const remainsOf = (records: string) => {
  const data = Fs.readFileSync(Path.join(records, "data"), "utf8").trim().replace("--data-dir=", "")
  return {
    isAlive: isAlive(Number(Fs.readFileSync(Path.join(records, "pid"), "utf8"))),
    hasDirectory: Fs.existsSync(Path.dirname(data))
  }
}

describe("a control plane that does not start fails with one line", () => {
  it.effect("KUBEBUILDER_ASSETS is not set", () =>
    Effect.gen(function* () {
      assert.match(
        yield* errorOf({}),
        /^KUBEBUILDER_ASSETS is not set: set it, .* to a directory with etcd, kube-apiserver$/u
      )
    }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({})))
  )

  it.effect("the directory does not exist", () =>
    Effect.gen(function* () {
      assert.match(yield* errorOf({ assets: "/no/such/folder" }), /^directory "\/no\/such\/folder" does not exist: /u)
    })
  )

  it.effect("a required binary is missing", () =>
    Effect.gen(function* () {
      assert.match(yield* errorWith({ etcd }), /^"ASSETS" does not contain kube-apiserver: /u)
      const both = { etcd, "kube-apiserver": apiserver }
      assert.match(
        yield* errorWith(both, { controllers: ["job-controller"] }),
        /^"ASSETS" does not contain kube-controller-manager: /u
      )
      assert.notMatch(yield* errorWith(both), /kube-controller-manager/u)
    })
  )

  it.effect("a binary is not executable", () =>
    Effect.gen(function* () {
      const assets = yield* folder({ etcd, "kube-apiserver": apiserver })
      Fs.chmodSync(Path.join(assets, "kube-apiserver"), 0o644)
      const path = Path.join(assets, "kube-apiserver")
      assert.strictEqual(yield* errorOf({ assets }), `"${path}" is not executable: run chmod +x ${path}`)
    }).pipe(Effect.scoped)
  )

  it.effect("a binary is for another machine", () =>
    Effect.gen(function* () {
      const foreign = `\u007fELF\u0002\u0001\u0001${"\0".repeat(9)}\u0002\0\u00b7\0\u0001`
      const message = yield* errorWith({ etcd, "kube-apiserver": foreign })
      assert.match(message, /^"ASSETS\/kube-apiserver" does not run on /u)
      assert.include(message, `does not run on ${process.platform}/${process.arch}: `)
    })
  )

  it.effect("kube-apiserver is too old", () =>
    Effect.gen(function* () {
      const old = script("Kubernetes v1.29.14")
      assert.strictEqual(
        yield* errorWith({ etcd, "kube-apiserver": old }),
        '"ASSETS/kube-apiserver" is Kubernetes v1.29.14: Kubernetes 1.30 or later is required'
      )
    })
  )

  it.effect("the name of a user or group cannot be written to the token file", () =>
    Effect.gen(function* () {
      assert.match(yield* errorOf({ users: { "a,b": [] } }), /^invalid user name "a,b": /u)
      assert.match(yield* errorOf({ users: { a: ['x"y'] } }), /^invalid group name "x\\"y": /u)
    })
  )

  it.effect("a process exits before it is ready: its name, exit code and last log line", () =>
    Effect.gen(function* () {
      const full = script("etcd Version: 3.6.8", "echo starting; echo 'no space left on device' >&2; exit 3")
      assert.strictEqual(
        yield* errorWith({ etcd: full, "kube-apiserver": apiserver }),
        "etcd exited with 3; last line of its log: no space left on device"
      )
    })
  )

  it.effect("a process is not ready in time", () =>
    Effect.gen(function* () {
      const slow = script("etcd Version: 3.6.8", "echo 'looking for a disk'; exec sleep 60")
      assert.strictEqual(
        yield* errorWith({ etcd: slow, "kube-apiserver": apiserver }, { readyWithin: "300 millis" }),
        "etcd was not ready after 0.3 s; increase the option `readyWithin`; last line of its log: looking for a disk"
      )
    })
  )
})

describe("a control plane starts kube-apiserver", () => {
  it.effect("with the caller's flags in place of its own", () =>
    Effect.gen(function* () {
      const etcd = script("etcd Version: 3.6.8", SERVES)
      const printsFlags = script(
        "Kubernetes v1.36.3",
        `echo "$@" | tr " " "\\n" | grep admission | paste -sd " "; exit 1`
      )
      const admission = (apiserverFlags: ReadonlyArray<string>) =>
        Effect.map(
          errorWith({ etcd, "kube-apiserver": printsFlags }, { apiserverFlags }),
          (message) => message.split("log: ")[1]
        )
      const own = "--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection"
      const other = "--disable-admission-plugins=PodSecurity"
      assert.strictEqual(yield* admission(["--profiling=false"]), own)
      assert.strictEqual(yield* admission([other]), other)
    })
  )
})

describe("a control plane leaves nothing behind", () => {
  it.effect("when a second process does not start", () =>
    Effect.gen(function* () {
      const records = yield* folder({})
      const fails = script("Kubernetes v1.36.3", "echo 'bad flag'; exit 1")
      const message = yield* errorWith({ etcd: recordingEtcd(records), "kube-apiserver": fails })
      assert.strictEqual(message, "kube-apiserver exited with 1; last line of its log: bad flag")
      assert.deepStrictEqual(remainsOf(records), { isAlive: false, hasDirectory: false })
    }).pipe(Effect.scoped)
  )

  it.effect("when its start is interrupted", () =>
    Effect.gen(function* () {
      const records = yield* folder({})
      const waits = script("Kubernetes v1.36.3", `echo x > ${records}/waiting; exec sleep 60`)
      const assets = yield* folder({ etcd: recordingEtcd(records), "kube-apiserver": waits })
      const starting = Effect.scoped(ControlPlane.make({ assets }))
      yield* Effect.raceFirst(Effect.ignore(starting), appears(records, "waiting"))
      assert.deepStrictEqual(remainsOf(records), { isAlive: false, hasDirectory: false })
    }).pipe(Effect.scoped)
  )
})

/** Waits until a file exists. */
const appears = (parent: string, name: string) =>
  Effect.callback<void>((resume) => {
    const watcher = Fs.watch(parent, (_, file) => {
      if (file === name) resume(Effect.void)
    })
    if (Fs.existsSync(Path.join(parent, name))) resume(Effect.void)
    return Effect.sync(() => watcher.close())
  })
