/**
 * A real control plane on loopback ports, for as long as a scope is open: etcd, kube-apiserver and, where asked for,
 * controllers of kube-controller-manager. It has no scheduler and no kubelet; somebody has to play them.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Assets from "./Assets.ts"
import * as Configuration from "./Configuration.ts"
import { ControlPlaneFailed } from "./Failed.ts"
import * as Processes from "./Processes.ts"
import * as Shelter from "./Shelter.ts"

export { ControlPlaneFailed } from "./Failed.ts"

/** The group of those who may do everything. */
export const MASTERS = "system:masters"

/** The user who is always there, and may do everything. */
export const ADMIN = "admin"

export interface Options {
  /** The folder with the binaries. Default: what `KUBEBUILDER_ASSETS` names. */
  readonly assets?: string
  /** Users beside {@link ADMIN}, each with its groups. The audit log names who asked. */
  readonly users?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Controllers of kube-controller-manager by name, as in its flag `--controllers`. Without any it is not started. */
  readonly controllers?: ReadonlyArray<string>
  /** More flags for kube-apiserver, `--name=value` each; one that the control plane would give itself is given instead. */
  readonly apiserverFlags?: ReadonlyArray<string>
  /** How long each process may take until it is ready. Default: one minute. */
  readonly readyWithin?: Duration.Input
}

export interface Shape {
  /** Where kube-apiserver listens. */
  readonly url: string
  /** The path of a user's kubeconfig. Throws for a user that was not asked for. */
  readonly kubeconfig: (user: string) => string
  /** The path of the audit log: every write with its bodies, reads without; see `AuditFile`. */
  readonly auditLog: string
}

export class ControlPlane extends Context.Service<ControlPlane, Shape>()("@portolan/testkit/ControlPlane") {}

/**
 * Starts a control plane, ready when it returns; a few seconds. When the scope closes every process is asked to end, killed
 * five seconds later, and the folder with all data is removed. The same happens when a start fails half-way or is
 * interrupted; when this process is gone, even by SIGKILL, everything is killed at once.
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Shape, ControlPlaneFailed, Scope.Scope> {
  const { apiserverFlags = [], controllers = [], readyWithin = "1 minute" } = options
  const users = { ...options.users, [ADMIN]: [MASTERS], [Configuration.MANAGER]: [MASTERS] }
  const fault = Configuration.faultOf(users)
  if (fault !== undefined) return yield* Effect.fail(new ControlPlaneFailed({ message: fault }))
  const managers = controllers.length === 0 ? [] : (["kube-controller-manager"] as const)
  const assets = yield* Assets.find(options.assets, ["etcd", "kube-apiserver", ...managers])

  const shelter = yield* Shelter.make
  const { at } = shelter
  const tokens = Configuration.writeKeys(at, users)
  const readyWithinMs = Duration.toMillis(Duration.fromInputUnsafe(readyWithin))
  const serve = (server: Omit<Processes.Server, "assets" | "shelter" | "readyWithinMs">) =>
    Processes.serve({ ...server, assets, shelter, readyWithinMs })

  const [client = 0] = yield* serve({
    name: "etcd",
    ports: 2,
    flags: (port = 0, peer = 0) => Configuration.etcd(at, port, peer),
    ready: (port) => `http://127.0.0.1:${port}/health`
  })
  const [secure = 0] = yield* serve({
    name: "kube-apiserver",
    ports: 1,
    flags: (port = 0) => Configuration.overruled(Configuration.apiserver(at, port, client), apiserverFlags),
    ready: (port) => `https://127.0.0.1:${port}/readyz`,
    certificate: Configuration.certificate(at, "apiserver")
  })
  const url = `https://127.0.0.1:${secure}`
  Configuration.writeKubeconfigs(at, url, tokens)
  for (const name of managers) {
    yield* serve({
      name,
      ports: 1,
      flags: (port = 0) => Configuration.manager(at, port, controllers),
      ready: (port) => `https://127.0.0.1:${port}/healthz`,
      certificate: Configuration.certificate(at, name)
    })
  }
  return { url, auditLog: at("audit.log"), kubeconfig: (user) => Configuration.kubeconfig(at, known(user, users)) }
})

const known = (user: string, users: Configuration.Users): string => {
  if (Object.hasOwn(users, user)) return user
  const names = Object.keys(users).filter((name) => name !== Configuration.MANAGER)
  throw new Error(`the control plane has no user ${user}, only ${names.join(", ")}: name it in \`users\``)
}

export const layer = (options?: Options): Layer.Layer<ControlPlane, ControlPlaneFailed> =>
  Layer.effect(ControlPlane, make(options))

/** A control plane outside of Effect. */
export interface Running extends Shape, AsyncDisposable {
  /** Ends everything; whoever calls it again waits for the same end. `await using` calls it. */
  readonly stop: () => Promise<void>
}

/** {@link make} as a promise, for code without Effect. Rejects with {@link ControlPlaneFailed}. */
export const start = async (options?: Options): Promise<Running> => {
  const scope = Scope.makeUnsafe()
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= Effect.runPromise(Scope.close(scope, Exit.void)))
  try {
    const plane = await Effect.runPromise(Scope.provide(make(options), scope))
    return { ...plane, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
