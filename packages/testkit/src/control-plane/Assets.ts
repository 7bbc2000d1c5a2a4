/** Finds the binaries of a control plane and checks that they run on this machine. */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { firstLine } from "../ErrorMessage.ts"
import { ControlPlaneFailed } from "./ControlPlaneFailed.ts"

export type Binary = "etcd" | "kube-apiserver" | "kube-controller-manager"

/** The oldest supported minor version of Kubernetes 1. */
const MINOR_MIN = 30

const INSTALL = "install it with `setup-envtest use` or from https://dl.k8s.io"

/** The directory of the binaries: the option, or else `KUBEBUILDER_ASSETS`. Fails unless it has all of them. */
export const find = Effect.fnUntraced(function* (option: string | undefined, binaries: ReadonlyArray<Binary>) {
  const path = option ?? (yield* fromEnvironment)
  if (path === "") {
    return yield* failed(
      `KUBEBUILDER_ASSETS is not set: set it, or the option \`assets\`, to a directory with ${binaries.join(", ")}`
    )
  }
  const directory = Path.resolve(path)
  if (!Fs.existsSync(directory)) return yield* failed(`directory "${directory}" does not exist: ${INSTALL}`)
  yield* Effect.forEach(binaries, (binary) => check(Path.join(directory, binary), binary), { concurrency: "unbounded" })
  return directory
})

const failed = (message: string) => Effect.fail(new ControlPlaneFailed({ message }))

const fromEnvironment = Config.String("KUBEBUILDER_ASSETS").pipe(
  Config.option,
  Effect.map(Option.getOrElse(() => "")),
  Effect.orElseSucceed(() => "")
)

const check = Effect.fnUntraced(function* (path: string, binary: Binary) {
  if (!Fs.existsSync(path)) {
    return yield* failed(`"${Path.dirname(path)}" does not contain ${binary}: ${INSTALL}`)
  }
  if (!isExecutable(path)) return yield* failed(`"${path}" is not executable: run chmod +x ${path}`)
  const { code, output } = yield* versionOf(path)
  const isVersion = code === 0 && /v?\d+\.\d+/u.test(output)
  if (!isVersion) {
    const platform = `${process.platform}/${process.arch}`
    return yield* failed(`"${path}" does not run on ${platform}: --version printed ${JSON.stringify(output)}`)
  }
  const [, major, minor] = /Kubernetes v(\d+)\.(\d+)/u.exec(output) ?? []
  if (binary !== "kube-apiserver" || Number(major) > 1 || Number(minor) >= MINOR_MIN) return
  return yield* failed(`"${path}" is ${output}: Kubernetes 1.${MINOR_MIN} or later is required`)
})

const isExecutable = (path: string): boolean => {
  try {
    Fs.accessSync(path, Fs.constants.X_OK)
    return Fs.statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first line that a binary prints with --version. The shell prints an error for a file that is not a binary. */
const versionOf = (path: string) =>
  Effect.callback<{ readonly code: unknown; readonly output: string }>((resume) => {
    const child = execFile(path, ["--version"], { timeout: 30_000 }, (error, stdout, stderr) => {
      const output = firstLine((stdout || stderr || error?.message || "").trim())
      resume(Effect.succeed({ code: error === null ? 0 : error.code, output: output.slice(0, 200) }))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })
