/** Flags and configuration files of the processes of a control plane. */
import { generateKeyPairSync, randomUUID } from "node:crypto"
import * as Fs from "node:fs"

/** The path of a file in the workspace. */
type At = (name: string) => string

/** The groups of each user, by name. */
export type Users = Readonly<Record<string, ReadonlyArray<string>>>

/** The user of kube-controller-manager. */
export const MANAGER = "system:kube-controller-manager"

/** Why a user or group cannot be written to the token file of kube-apiserver; `undefined` if all can. */
export const invalidUser = (users: Users): string | undefined => {
  const isInvalid = (text: string) => !/^[\w.:@/-]+$/u.test(text)
  const name = Object.keys(users).find((user) => isInvalid(user) || user.includes("/"))
  if (name !== undefined) return `invalid user name ${JSON.stringify(name)}: use letters, digits and -_.:@`
  const group = Object.values(users).flat().find(isInvalid)
  return group === undefined ? undefined : `invalid group name ${JSON.stringify(group)}: use letters, digits and -_.:@/`
}

export const etcd = (at: At, client: number, peer: number): ReadonlyArray<string> => [
  `--data-dir=${at("etcd")}`,
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  "--unsafe-no-fsync",
  "--log-level=error"
]

export const apiserver = (at: At, secure: number, client: number): ReadonlyArray<string> => [
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

/** Flags with some of them replaced. They cannot be appended, because the values of a repeated list flag are joined. */
export const withOverrides = (
  flags: ReadonlyArray<string>,
  overrides: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const name = (flag: string) => flag.split("=")[0]
  const names = new Set(overrides.map(name))
  return [...flags.filter((flag) => !names.has(name(flag))), ...overrides]
}

export const manager = (at: At, port: number, controllers: ReadonlyArray<string>): ReadonlyArray<string> => [
  `--kubeconfig=${kubeconfig(at, MANAGER)}`,
  `--service-account-private-key-file=${at("sa.key")}`,
  "--leader-elect=false",
  "--bind-address=127.0.0.1",
  `--secure-port=${port}`,
  `--cert-dir=${at("cert")}`,
  `--controllers=${controllers.join(",")}`
]

/** The self-signed certificate that a process creates. */
export const certificate = (at: At, process: "apiserver" | "kube-controller-manager"): string =>
  at(`cert/${process}.crt`)

export const kubeconfig = (at: At, user: string): string => at(`${user}.kubeconfig`)

/** Writes the files that kube-apiserver reads at its start. Returns the token of each user. */
export const writeKeys = (at: At, users: Users): ReadonlyMap<string, string> => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  Fs.writeFileSync(at("sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 })
  Fs.writeFileSync(at("sa.pub"), publicKey.export({ type: "spki", format: "pem" }))
  Fs.writeFileSync(at("audit.yaml"), JSON.stringify(policy))
  const tokens = new Map(Object.keys(users).map((name) => [name, randomUUID()]))
  const rows = Object.entries(users).map(
    ([name, groups]) => `${tokens.get(name)},${name},${name}${groups.length === 0 ? "" : `,"${groups.join(",")}"`}\n`
  )
  Fs.writeFileSync(at("tokens.csv"), rows.join(""), { mode: 0o600 })
  return tokens
}

/** Writes a self-contained kubeconfig for each user. */
export const writeKubeconfigs = (at: At, url: string, tokens: ReadonlyMap<string, string>): void => {
  const authority = Fs.readFileSync(certificate(at, "apiserver")).toString("base64")
  for (const [user, token] of tokens) {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "control-plane", cluster: { server: url, "certificate-authority-data": authority } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: user, context: { cluster: "control-plane", user, namespace: "default" } }],
      "current-context": user
    }
    Fs.writeFileSync(kubeconfig(at, user), JSON.stringify(config), { mode: 0o600 })
  }
}

/**
 * Logs writes with their bodies and reads without. Of the control plane itself only writes are logged, without leases.
 */
const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", nonResourceURLs: ["*"] },
    { level: "None", resources: [{ group: "coordination.k8s.io" }] },
    { level: "None", users: ["system:apiserver", MANAGER], verbs: ["get", "list", "watch"] },
    { level: "RequestResponse", verbs: ["create", "update", "patch", "delete", "deletecollection"] },
    { level: "Metadata" }
  ]
}
