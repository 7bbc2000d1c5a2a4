/**
 * A real control plane on loopback ports for the duration of a scope: etcd, kube-apiserver and, if wanted, controllers
 * of kube-controller-manager. It has no scheduler and no kubelet; a test has to write the status of pods itself.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Assets from "./Assets.ts"
import * as Configuration from "./Configuration.ts"
import { ControlPlaneFailed } from "./ControlPlaneFailed.ts"
import * as Processes from "./Processes.ts"
import * as Workspace from "./Workspace.ts"

export { ControlPlaneFailed } from "./ControlPlaneFailed.ts"

/** The group whose users may do everything. */
export const MASTERS = "system:masters"

/** The user that always exists and may do everything. */
export const ADMIN = "admin"

export interface Options {
  /** The directory with the binaries. Default: `KUBEBUILDER_ASSETS`. */
  readonly assets?: string
  /** Users besides {@link ADMIN}, each with its groups. The audit log has the user of every request. */
  readonly users?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Controllers of kube-controller-manager, as in its flag `--controllers`. Without any it is not started. */
  readonly controllers?: ReadonlyArray<string>
  /** More flags of kube-apiserver in the form `--name=value`; they replace the same flags of the control plane. */
  readonly apiserverFlags?: ReadonlyArray<string>
  /** How long each process may take to become ready. Default: one minute. */
  readonly readyWithin?: Duration.Input
}

export interface Shape {
  /** The address of kube-apiserver. */
  readonly url: string
  /** The path of a user's kubeconfig. Throws if the user does not exist. */
  readonly kubeconfig: (user: string) => string
  /** The path of the audit log: every write with its bodies, reads without; see `AuditFile`. */
  readonly auditLog: string
}

export class ControlPlane extends Context.Service<ControlPlane, Shape>()("@portolan/testkit/ControlPlane") {}

/**
 * Starts a control plane and returns when it is ready, which takes a few seconds. When the scope closes, every process
 * gets SIGTERM and five seconds later SIGKILL, and all data is removed. The same happens when the start fails or is
 * interrupted. When this process ends, even by SIGKILL, all processes are killed at once.
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Shape, ControlPlaneFailed, Scope.Scope> {
  const { apiserverFlags = [], controllers = [], readyWithin = "1 minute" } = options
  const users = { ...options.users, [ADMIN]: [MASTERS], [Configuration.MANAGER]: [MASTERS] }
  const message = Configuration.invalidUser(users)
  if (message !== undefined) return yield* Effect.fail(new ControlPlaneFailed({ message }))
  const managers = controllers.length === 0 ? [] : (["kube-controller-manager"] as const)
  const assets = yield* Assets.find(options.assets, ["etcd", "kube-apiserver", ...managers])

  const workspace = yield* Workspace.make
  const { at } = workspace
  const tokens = Configuration.writeKeys(at, users)
  const readyWithinMs = Duration.toMillis(Duration.fromInputUnsafe(readyWithin))
  const serve = (server: Omit<Processes.Server, "assets" | "workspace" | "readyWithinMs">) =>
    Processes.serve({ ...server, assets, workspace, readyWithinMs })

  const [client = 0] = yield* serve({
    name: "etcd",
    ports: 2,
    flags: (port = 0, peer = 0) => Configuration.etcd(at, port, peer),
    ready: (port) => `http://127.0.0.1:${port}/health`
  })
  const [secure = 0] = yield* serve({
    name: "kube-apiserver",
    ports: 1,
    flags: (port = 0) => Configuration.withOverrides(Configuration.apiserver(at, port, client), apiserverFlags),
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
  throw new Error(`the control plane has no user "${user}", only ${names.join(", ")}: add it to the option \`users\``)
}

export const layer = (options?: Options): Layer.Layer<ControlPlane, ControlPlaneFailed> =>
  Layer.effect(ControlPlane, make(options))

/** A control plane for code without Effect. */
export interface Running extends Shape, AsyncDisposable {
  /** Stops all processes. A second call waits for the first one. `await using` calls it. */
  readonly stop: () => Promise<void>
}

/** {@link make} for code without Effect. Rejects with {@link ControlPlaneFailed}. */
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
