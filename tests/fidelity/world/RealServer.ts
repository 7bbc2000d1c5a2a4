/**
 * A real kube-apiserver with its etcd, and nobody else: no controllers, so that every answer is the server's own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import * as Fs from "node:fs"
import { createServer } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { Agent, type Dispatcher } from "undici"
import type { Server } from "./Run.ts"

export interface RealServer extends Server {
  /** As the server names its own version. */
  readonly version: string
  readonly stop: () => Promise<void>
}

/** From the folder with the binaries. Ready when it returns; a few seconds. */
export const start = async (assets: string): Promise<RealServer> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-fidelity-"))
  const at = (name: string) => Path.join(folder, name)
  const [secure = 0, client = 0, peer = 0] = await freePorts(3)
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  Fs.writeFileSync(at("sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 })
  Fs.writeFileSync(at("sa.pub"), publicKey.export({ type: "spki", format: "pem" }))
  Fs.writeFileSync(at("tokens.csv"), "token,somebody,u1,system:masters\n", { mode: 0o600 })
  const children: Array<ChildProcess> = []
  const run = (name: string, args: ReadonlyArray<string>) => {
    const log = Fs.openSync(at(`${name}.log`), "a")
    children.push(spawn(Path.join(assets, name), args, { stdio: ["ignore", log, log] }))
  }
  const agent = new Agent({ connect: { rejectUnauthorized: false }, connections: 64 })
  const url = `https://127.0.0.1:${secure}`
  const stop = async () => {
    await agent.destroy()
    await Promise.all(children.toReversed().map(end))
    Fs.rmSync(folder, { recursive: true, force: true })
  }
  try {
    run("etcd", etcd(at, client, peer))
    run("kube-apiserver", apiserver(at, secure, client))
    await answers(url, agent)
    const { body } = await agent.request({ origin: url, path: "/version", method: "GET", headers })
    const { gitVersion } = Object.assign({ gitVersion: "" }, await body.json())
    return { url, agent, headers, pass: () => Promise.resolve(), version: gitVersion, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const headers = { authorization: "Bearer token" }

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
  "--authorization-mode=AlwaysAllow",
  "--service-cluster-ip-range=10.0.0.0/16",
  "--disable-admission-plugins=ServiceAccount"
]

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
const answers = async (origin: string, agent: Dispatcher): Promise<void> => {
  for (let attempt = 0; attempt < 150; attempt++) {
    const isReady = await agent
      .request({ origin, path: "/readyz", method: "GET", headers })
      .then(({ body, statusCode }) => body.dump().then(() => statusCode === 200))
      .catch(() => false)
    if (isReady) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${origin} did not become ready`)
}

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGTERM")
    setTimeout(() => child.kill("SIGKILL"), 5_000).unref()
  })
