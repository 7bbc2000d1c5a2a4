/** Secrets that containers mount. A container mounts only the Secrets that it uses. */
import { keyringSecret, nodeKeySecret, type SeiNode, signingKeySecret } from "../kinds/SeiNode.ts"
import { DATA } from "./NodeIdentity.ts"

const OWNER_READ_ONLY = 0o400

const volume = (name: string, secretName: string | undefined, ...items: ReadonlyArray<string>) =>
  secretName === undefined
    ? []
    : [
        {
          name,
          secret: {
            secretName,
            defaultMode: OWNER_READ_ONLY,
            ...(items.length === 0 ? {} : { items: items.map((key) => ({ key, path: key })) })
          }
        }
      ]

export const volumes = ({ spec }: SeiNode) => [
  ...volume("signing-key", signingKeySecret(spec), "priv_validator_key.json"),
  ...volume("node-key", nodeKeySecret(spec), "node_key.json"),
  ...volume("operator-keyring", keyringSecret(spec)?.secretName)
]

const fileMount = (name: string, path: string) => ({
  name,
  mountPath: `${DATA}/config/${path}`,
  subPath: path,
  readOnly: true
})
const keyringMount = { name: "operator-keyring", mountPath: `${DATA}/keyring-file`, readOnly: true }

export const seidMounts = ({ spec }: SeiNode) => [
  ...(signingKeySecret(spec) === undefined ? [] : [fileMount("signing-key", "priv_validator_key.json")]),
  ...(nodeKeySecret(spec) === undefined ? [] : [fileMount("node-key", "node_key.json")]),
  ...(keyringSecret(spec)?.seidMount === true ? [keyringMount] : [])
]

export const sidecarMounts = ({ spec }: SeiNode) => (keyringSecret(spec) === undefined ? [] : [keyringMount])

/** Environment variables that locate a validator's keyring; empty in other modes. */
export const keyringEnv = (node: SeiNode) => {
  if (node.spec.validator === undefined) return []
  const secret = keyringSecret(node.spec)
  const backend = secret === undefined ? "test" : "file"
  const base = [
    { name: "SEI_KEYRING_BACKEND", value: backend },
    { name: "SEI_KEYRING_DIR", value: DATA }
  ]
  if (secret === undefined) return base
  const { key, secretName } = secret.passphraseSecretRef
  return [...base, { name: "SEI_KEYRING_PASSPHRASE", valueFrom: { secretKeyRef: { name: secretName, key } } }]
}

/** The keyring variables of seid, only with `seidMount`. */
export const seidEnv = (node: SeiNode) => (keyringSecret(node.spec)?.seidMount === true ? keyringEnv(node) : [])
