/** Runs the command: starts a cluster and serves it until a signal arrives. */
import * as Cluster from "../Cluster.ts"
import * as Arguments from "./Arguments.ts"
import * as Files from "./Files.ts"

export interface Terminal {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
}

/** Resolves to the exit code. */
export const run = async (args: ReadonlyArray<string>, terminal: Terminal): Promise<number> => {
  try {
    const parsed = Arguments.parse(args)
    if (parsed === "help") terminal.out(Arguments.HELP)
    else await serve(parsed, terminal)
    return 0
  } catch (error) {
    terminal.error(`cluster-emulator: ${messageOf(error)}\n`)
    return error instanceof Arguments.UsageError ? 2 : 1
  }
}

const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Arguments.UsageError) return `${message}\nsee cluster-emulator --help`
  return error instanceof Cluster.PortInUse ? `${message}; give another --port` : message
}

const serve = async (
  { controllers, filenames, kubeconfig, port, state }: Arguments.Arguments,
  { out }: Terminal
): Promise<void> => {
  if (kubeconfig !== undefined) Files.checkKubeconfig(kubeconfig)
  const saved = state === undefined ? undefined : Files.readState(state)
  const cluster = await Cluster.start({
    port,
    controllers,
    manifests: filenames.flatMap(Files.readManifests),
    ...(saved === undefined ? {} : { state: saved })
  })
  try {
    const signal = nextSignal()
    const file = Files.writeKubeconfig(kubeconfig, cluster.kubeconfig)
    out(greeting(cluster.url, file.path))
    await signal
    file.remove()
  } finally {
    await cluster.stop()
  }
  if (state === undefined) return
  Files.writeState(state, cluster.snapshot())
  out(`cluster saved to ${state}\n`)
}

/** A second signal ends the process at once. */
const nextSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve())
  })

const greeting = (url: string, kubeconfig: string): string => {
  const kubectl = `kubectl --kubeconfig ${quoted(kubeconfig)}`
  return `Kubernetes API at ${url}, in memory. Stop with Ctrl-C.
kubeconfig: ${kubeconfig}

  ${kubectl} get namespaces
  ${kubectl} get all --all-namespaces
`
}

/** Quoted for a shell where necessary. */
const quoted = (path: string): string => (/^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
