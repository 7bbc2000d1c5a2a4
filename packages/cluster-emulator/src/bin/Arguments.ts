/** The command line of `cluster-emulator`. */
import { parseArgs } from "node:util"

/** A flag is unknown or has a bad value. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

export interface Arguments {
  /** 0 picks a free port. */
  readonly port: number
  readonly kubeconfig: string | undefined
  /** Files and folders of manifests. */
  readonly filenames: ReadonlyArray<string>
  readonly state: string | undefined
  readonly controllers: boolean
}

export const HELP = `cluster-emulator [flags]

Starts a Kubernetes cluster in memory on a loopback port: API server, StatefulSet and Job controllers, volumes,
garbage collection and kubelet. Stop it with Ctrl-C.

  -f, --filename PATH  apply a file of manifests, or every .yaml, .yml and .json file of a folder; may be repeated
      --kubeconfig FILE
                       write the kubeconfig to FILE instead of a temporary file
      --no-controllers start the API server only
      --port N         listen on port N instead of a free one
      --state FILE     load the cluster from FILE if it exists, and save it there on SIGINT, SIGTERM or SIGHUP
  -h, --help           show this help

Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage.
`

const OPTIONS = {
  filename: { type: "string", short: "f", multiple: true },
  help: { type: "boolean", short: "h", default: false },
  kubeconfig: { type: "string" },
  "no-controllers": { type: "boolean", default: false },
  port: { type: "string", default: "0" },
  state: { type: "string" }
} as const

/** Throws {@link UsageError}. */
export const parse = (args: ReadonlyArray<string>): Arguments | "help" => {
  const values = valuesOf(args)
  if (values.help) return "help"
  for (const flag of ["kubeconfig", "state"] as const) {
    if (values[flag] === "") throw new UsageError(`--${flag}: needs the path of a file`)
  }
  return {
    port: portOf(values.port),
    kubeconfig: values.kubeconfig,
    filenames: values.filename ?? [],
    state: values.state,
    controllers: !values["no-controllers"]
  }
}

const valuesOf = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    // Node.js appends advice about positional arguments, of which there are none here.
    const [message = ""] = String(error instanceof Error ? error.message : error).split(/\. |\n/u, 1)
    throw new UsageError(`${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/u, "")}`)
  }
}

const portOf = (text: string): number => {
  if (/^\d{1,5}$/u.test(text) && Number(text) < 65_536) return Number(text)
  throw new UsageError(`--port: "${text}" is not a port; give a number from 0 to 65535`)
}
