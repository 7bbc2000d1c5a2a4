/** The binaries of a control plane: where they are, and whether they run here. */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ControlPlaneFailed } from "./Failed.ts"

export type Binary = "etcd" | "kube-apiserver" | "kube-controller-manager"

/** The oldest minor version of Kubernetes 1 that is started. */
const MINOR_MIN = 30

const INSTALL = "install one with `setup-envtest use` or from https://dl.k8s.io, and name it"

/** The folder of the binaries: the one that was given, or else `KUBEBUILDER_ASSETS`. All that are needed run here. */
export const find = Effect.fnUntraced(function* (given: string | undefined, needed: ReadonlyArray<Binary>) {
  const named = given ?? (yield* fromEnvironment)
  if (named === "") {
    return yield* failed(
      `KUBEBUILDER_ASSETS is not set: it names a folder with ${needed.join(", ")}; ${INSTALL} there or in \`assets\``
    )
  }
  const folder = Path.resolve(named)
  if (!Fs.existsSync(folder)) return yield* failed(`there is no folder ${folder}: ${INSTALL} in KUBEBUILDER_ASSETS`)
  yield* Effect.forEach(needed, (binary) => check(Path.join(folder, binary), binary), { concurrency: "unbounded" })
  return folder
})

const failed = (message: string) => Effect.fail(new ControlPlaneFailed({ message }))

const fromEnvironment = Config.String("KUBEBUILDER_ASSETS").pipe(
  Config.option,
  Effect.map(Option.getOrElse(() => "")),
  Effect.orElseSucceed(() => "")
)

const check = Effect.fnUntraced(function* (path: string, binary: Binary) {
  if (!Fs.existsSync(path)) {
    return yield* failed(`${Path.dirname(path)} holds no ${binary}: put it there, or name a folder that has it`)
  }
  if (!isExecutable(path)) return yield* failed(`${path} is not executable: chmod +x ${path}`)
  const { code, said } = yield* versionOf(path)
  const isVersion = code === 0 && /v?\d+\.\d+/u.test(said)
  if (!isVersion) {
    const here = `${process.platform}/${process.arch}`
    return yield* failed(
      `${path} does not run on this machine (${here}): \`${binary} --version\` said ${JSON.stringify(said)}; install the one for ${here}`
    )
  }
  const [, major, minor] = /Kubernetes v(\d+)\.(\d+)/u.exec(said) ?? []
  if (binary !== "kube-apiserver" || Number(major) > 1 || Number(minor) >= MINOR_MIN) return
  return yield* failed(`${path} is ${said}: Kubernetes 1.${MINOR_MIN} or later is needed`)
})

const isExecutable = (path: string): boolean => {
  try {
    Fs.accessSync(path, Fs.constants.X_OK)
    return Fs.statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first line that a binary says about its version; a damaged one is run by a shell, which complains. */
const versionOf = (path: string) =>
  Effect.callback<{ readonly code: unknown; readonly said: string }>((resume) => {
    const child = execFile(path, ["--version"], { timeout: 30_000 }, (error, stdout, stderr) => {
      const [said = ""] = (stdout || stderr || error?.message || "").trim().split("\n")
      resume(Effect.succeed({ code: error === null ? 0 : error.code, said: said.slice(0, 200) }))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })
