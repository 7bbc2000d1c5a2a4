import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as ControlPlane from "../src/control-plane/ControlPlane.ts"
import { folder, SERVES, script } from "./control-plane/FakeBinaries.ts"

const etcd = script("etcd Version: 3.6.8")
const apiserver = script("Kubernetes v1.36.3")

/** Why a control plane does not start. */
const refusal = (options: ControlPlane.Options) =>
  ControlPlane.make(options).pipe(
    Effect.scoped,
    Effect.flip,
    Effect.map(({ message }) => message)
  )

/** The same, for a folder of scripts, without the folder's own path. */
const refusalOf = (scripts: Readonly<Record<string, string>>, options: ControlPlane.Options = {}) =>
  Effect.gen(function* () {
    const assets = yield* folder(scripts)
    const message = yield* refusal({ ...options, assets })
    assert.notInclude(message, "\n")
    return message.replaceAll(assets, "ASSETS")
  }).pipe(Effect.scoped)

/** Like etcd, and writes down its process and its folder. */
const witnessed = (notes: string) =>
  script("etcd Version: 3.6.8", `echo $$ > ${notes}/pid; echo "$1" > ${notes}/data\n${SERVES}`)

/** Whether a process of ours is there. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** What a witnessed etcd left: whether it runs, and whether there is still a folder. */
const leftBy = (notes: string) => {
  const data = Fs.readFileSync(Path.join(notes, "data"), "utf8").trim().replace("--data-dir=", "")
  return {
    isAlive: isAlive(Number(Fs.readFileSync(Path.join(notes, "pid"), "utf8"))),
    hasFolder: Fs.existsSync(Path.dirname(data))
  }
}

describe("a control plane says in one line why it does not start", () => {
  it.effect("KUBEBUILDER_ASSETS is not set", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal({}), /^KUBEBUILDER_ASSETS is not set: it names a folder with etcd, kube-apiserver; /u)
    }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({})))
  )

  it.effect("there is no such folder", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal({ assets: "/no/such/folder" }), /^there is no folder \/no\/such\/folder: /u)
    })
  )

  it.effect("a binary is missing, and only those that are needed are looked for", () =>
    Effect.gen(function* () {
      assert.match(yield* refusalOf({ etcd }), /^ASSETS holds no kube-apiserver: /u)
      const both = { etcd, "kube-apiserver": apiserver }
      assert.match(
        yield* refusalOf(both, { controllers: ["job-controller"] }),
        /^ASSETS holds no kube-controller-manager: /u
      )
      assert.notMatch(yield* refusalOf(both), /kube-controller-manager/u)
    })
  )

  it.effect("a binary is not executable", () =>
    Effect.gen(function* () {
      const assets = yield* folder({ etcd, "kube-apiserver": apiserver })
      Fs.chmodSync(Path.join(assets, "kube-apiserver"), 0o644)
      const path = Path.join(assets, "kube-apiserver")
      assert.strictEqual(yield* refusal({ assets }), `${path} is not executable: chmod +x ${path}`)
    }).pipe(Effect.scoped)
  )

  it.effect("a binary is for another machine", () =>
    Effect.gen(function* () {
      const foreign = `\u007fELF\u0002\u0001\u0001${"\0".repeat(9)}\u0002\0\u00b7\0\u0001`
      const message = yield* refusalOf({ etcd, "kube-apiserver": foreign })
      assert.match(message, /^ASSETS\/kube-apiserver does not run on this machine/u)
      assert.include(message, `install the one for ${process.platform}/${process.arch}`)
    })
  )

  it.effect("kube-apiserver is too old", () =>
    Effect.gen(function* () {
      const old = script("Kubernetes v1.29.14")
      assert.strictEqual(
        yield* refusalOf({ etcd, "kube-apiserver": old }),
        "ASSETS/kube-apiserver is Kubernetes v1.29.14: Kubernetes 1.30 or later is needed"
      )
    })
  )

  it.effect("a user has a name that cannot be written into a token file", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal({ users: { "a,b": [] } }), /^"a,b" is no name for a user/u)
      assert.match(yield* refusal({ users: { a: ['x"y'] } }), /^"x\\"y" is no name for a group/u)
    })
  )

  it.effect("a process ends before it is ready: which, how, and its last words", () =>
    Effect.gen(function* () {
      const full = script("etcd Version: 3.6.8", "echo starting; echo 'no space left on device' >&2; exit 3")
      assert.strictEqual(
        yield* refusalOf({ etcd: full, "kube-apiserver": apiserver }),
        "etcd exited with 3; the last it said: no space left on device"
      )
    })
  )

  it.effect("a process is not ready in time", () =>
    Effect.gen(function* () {
      const slow = script("etcd Version: 3.6.8", "echo 'looking for a disk'; exec sleep 60")
      assert.strictEqual(
        yield* refusalOf({ etcd: slow, "kube-apiserver": apiserver }, { readyWithin: "300 millis" }),
        "etcd was not ready after 0.3 s; allow it more in `readyWithin`; the last it said: looking for a disk"
      )
    })
  )
})

describe("a control plane starts kube-apiserver", () => {
  it.effect("with a flag of the caller's in place of its own", () =>
    Effect.gen(function* () {
      const etcd = script("etcd Version: 3.6.8", SERVES)
      const notifies = script("Kubernetes v1.36.3", `echo "$@" | tr " " "\\n" | grep admission | paste -sd " "; exit 1`)
      const admission = (apiserverFlags: ReadonlyArray<string>) =>
        Effect.map(
          refusalOf({ etcd, "kube-apiserver": notifies }, { apiserverFlags }),
          (said) => said.split("said: ")[1]
        )
      const own = "--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection"
      const other = "--disable-admission-plugins=PodSecurity"
      assert.strictEqual(yield* admission(["--profiling=false"]), own)
      assert.strictEqual(yield* admission([other]), other)
    })
  )
})

describe("a control plane leaves nothing behind", () => {
  it.effect("when a later process does not start", () =>
    Effect.gen(function* () {
      const notes = yield* folder({})
      const fails = script("Kubernetes v1.36.3", "echo 'bad flag'; exit 1")
      const message = yield* refusalOf({ etcd: witnessed(notes), "kube-apiserver": fails })
      assert.strictEqual(message, "kube-apiserver exited with 1; the last it said: bad flag")
      assert.deepStrictEqual(leftBy(notes), { isAlive: false, hasFolder: false })
    }).pipe(Effect.scoped)
  )

  it.effect("when its start is interrupted", () =>
    Effect.gen(function* () {
      const notes = yield* folder({})
      const waits = script("Kubernetes v1.36.3", `echo x > ${notes}/waiting; exec sleep 60`)
      const assets = yield* folder({ etcd: witnessed(notes), "kube-apiserver": waits })
      const starting = Effect.scoped(ControlPlane.make({ assets }))
      yield* Effect.raceFirst(Effect.ignore(starting), appears(notes, "waiting"))
      assert.deepStrictEqual(leftBy(notes), { isAlive: false, hasFolder: false })
    }).pipe(Effect.scoped)
  )
})

/** Waits until a file is there. */
const appears = (parent: string, name: string) =>
  Effect.callback<void>((resume) => {
    const watcher = Fs.watch(parent, (_, file) => {
      if (file === name) resume(Effect.void)
    })
    if (Fs.existsSync(Path.join(parent, name))) resume(Effect.void)
    return Effect.sync(() => watcher.close())
  })
