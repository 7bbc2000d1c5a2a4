/**
 * A real control plane on loopback ports: etcd, kube-apiserver and kube-controller-manager from the folder that
 * `KUBEBUILDER_ASSETS` names. It has no scheduler and no kubelet; somebody has to play them.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import * as Fs from "node:fs"
import { createServer } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"

export const ASSETS = process.env.KUBEBUILDER_ASSETS

export interface ControlPlane {
  /** Kubeconfig of a user; the audit log names who asked. */
  readonly kubeconfig: (user: User) => string
  readonly server: string
  readonly auditLog: string
  readonly stop: () => Promise<void>
}

type User = (typeof USERS)[number]
/** `admin` sets the stage, `operator` is the controller under test, `actor` plays the rest of the cluster. */
const USERS = ["admin", "operator", "actor"] as const

const CONTROLLERS = ["statefulset-controller", "job-controller", "garbage-collector-controller", "namespace-controller"]

/** Ready when it returns; a few seconds. */
export const start = async (assets: string): Promise<ControlPlane> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-control-plane-"))
  const at = (name: string) => Path.join(folder, name)
  const [secure = 0, client = 0, peer = 0] = await freePorts(3)
  const server = `https://127.0.0.1:${secure}`
  writeFiles(at, server)
  const children: Array<ChildProcess> = []
  const run = (name: string, args: ReadonlyArray<string>) => {
    const log = Fs.openSync(at(`${name}.log`), "a")
    children.push(spawn(Path.join(assets, name), args, { stdio: ["ignore", log, log] }))
  }
  const stop = async () => {
    await Promise.all(children.toReversed().map(end))
    Fs.rmSync(folder, { recursive: true, force: true })
  }
  try {
    run("etcd", etcd(at, client, peer))
    run("kube-apiserver", apiserver(at, secure, client))
    await answers(`${server}/readyz`)
    run("kube-controller-manager", [
      `--kubeconfig=${at("admin.kubeconfig")}`,
      `--service-account-private-key-file=${at("sa.key")}`,
      "--leader-elect=false",
      "--secure-port=0",
      `--controllers=${CONTROLLERS.join(",")}`
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return { kubeconfig: (user) => at(`${user}.kubeconfig`), server, auditLog: at("audit.log"), stop }
}

const etcd = (at: (name: string) => string, client: number, peer: number): ReadonlyArray<string> => [
  `--data-dir=${at("etcd")}`,
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  "--unsafe-no-fsync",
  "--log-level=error"
]

const apiserver = (at: (name: string) => string, secure: number, client: number): ReadonlyArray<string> => [
  `--etcd-servers=http://127.0.0.1:${client}`,
  `--secure-port=${secure}`,
  "--bind-address=127.0.0.1",
  `--cert-dir=${at("cert")}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${at("sa.pub")}`,
  `--service-account-signing-key-file=${at("sa.key")}`,
  `--token-auth-file=${at("tokens.csv")}`,
  "--authorization-mode=RBAC",
  "--service-cluster-ip-range=10.0.0.0/16",
  "--allow-privileged",
  "--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection",
  `--audit-policy-file=${at("audit.yaml")}`,
  `--audit-log-path=${at("audit.log")}`
]

/** One token and one user for each part, so that the audit log says who did what. */
const writeFiles = (at: (name: string) => string, server: string): void => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  Fs.writeFileSync(at("sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 })
  Fs.writeFileSync(at("sa.pub"), publicKey.export({ type: "spki", format: "pem" }))
  const tokens = USERS.map((user, index) => `${user}-token,${user},u${index},system:masters`)
  Fs.writeFileSync(at("tokens.csv"), `${tokens.join("\n")}\n`, { mode: 0o600 })
  const rules = [
    { level: "RequestResponse", users: ["operator", "admin"], verbs: ["create", "update", "patch", "delete"] },
    { level: "Metadata", users: ["operator"] },
    { level: "None" }
  ]
  const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages: ["RequestReceived"], rules }
  Fs.writeFileSync(at("audit.yaml"), JSON.stringify(policy))
  for (const user of USERS) {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { token: `${user}-token` } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "default" } }],
      "current-context": "x"
    }
    Fs.writeFileSync(at(`${user}.kubeconfig`), JSON.stringify(config), { mode: 0o600 })
  }
}

const freePorts = (count: number): Promise<ReadonlyArray<number>> =>
  Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<number>((resolve) => {
          const probe = createServer()
          probe.listen(0, "127.0.0.1", () => {
            const address = probe.address()
            probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
          })
        })
    )
  )

/** Waits until a server says that it is ready; half a minute at most. */
const answers = async (url: string): Promise<void> => {
  const { Agent } = await import("undici")
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  try {
    for (let attempt = 0; attempt < 150; attempt++) {
      const isReady = await dispatcher
        .request({ origin: new URL(url).origin, path: new URL(url).pathname, method: "GET", headers: admin })
        .then(({ body, statusCode }) => body.dump().then(() => statusCode === 200))
        .catch(() => false)
      if (isReady) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    await dispatcher.destroy()
  }
  throw new Error(`${url} did not become ready`)
}

const admin = { authorization: "Bearer admin-token" }

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGTERM")
    setTimeout(() => child.kill("SIGKILL"), 5_000).unref()
  })
