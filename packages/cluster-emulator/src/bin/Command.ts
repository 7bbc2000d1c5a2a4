/** Runs the command: starts a cluster and serves it until a signal arrives. */
import * as Cluster from "../Cluster.ts"
import * as Arguments from "./Arguments.ts"
import * as Files from "./Files.ts"

/** Resolves to the exit code. */
export const run = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    const parsed = Arguments.parse(args)
    if (parsed === "help") process.stdout.write(Arguments.HELP)
    else await serve(parsed)
    return 0
  } catch (error) {
    const isUsage = error instanceof Arguments.UsageError
    const message = error instanceof Error ? error.message : String(error)
    const advice = isUsage
      ? "\nsee cluster-emulator --help"
      : error instanceof Cluster.PortInUse
        ? "; give another --port"
        : ""
    process.stderr.write(`cluster-emulator: ${message}${advice}\n`)
    return isUsage ? 2 : 1
  }
}

const serve = async ({ controllers, filenames, kubeconfig, port, state }: Arguments.Arguments): Promise<void> => {
  // Registered before the cluster exists, so that a signal during the start is not lost.
  const signal = nextSignal()
  if (kubeconfig !== undefined) Files.checkKubeconfig(kubeconfig)
  const saved = state === undefined ? undefined : Files.readState(state)
  const cluster = await Cluster.start({
    port,
    controllers,
    manifests: filenames.flatMap(Files.readManifests),
    ...(saved === undefined ? {} : { state: saved })
  })
  try {
    const file = Files.writeKubeconfig(kubeconfig, cluster.kubeconfig)
    try {
      process.stdout.write(greeting(cluster.url, file.path))
      await signal
    } finally {
      file.remove()
    }
  } finally {
    await cluster.stop()
  }
  if (state === undefined) return
  Files.writeState(state, cluster.snapshot())
  process.stdout.write(`cluster saved to ${state}\n`)
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
