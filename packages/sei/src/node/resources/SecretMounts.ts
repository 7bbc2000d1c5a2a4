/** Which secret reaches which container. A key is mounted where it is used and nowhere else. */
import { nodeKeySecret, type SeiNode } from "../kinds/SeiNode.ts"
import { DATA } from "./Identity.ts"

const READ_ONLY = 0o400
const keyring = (node: SeiNode) => node.spec.validator?.operatorKeyring?.secret
const signingKey = (node: SeiNode) => node.spec.validator?.signingKey?.secret?.secretName

const volume = (name: string, secretName: string | undefined, ...items: ReadonlyArray<string>) =>
  secretName === undefined
    ? []
    : [
        {
          name,
          secret: {
            secretName,
            defaultMode: READ_ONLY,
            ...(items.length === 0 ? {} : { items: items.map((key) => ({ key, path: key })) })
          }
        }
      ]

export const volumes = (node: SeiNode) => [
  ...volume("signing-key", signingKey(node), "priv_validator_key.json"),
  ...volume("node-key", nodeKeySecret(node.spec), "node_key.json"),
  ...volume("operator-keyring", keyring(node)?.secretName)
]

const file = (name: string, path: string) => ({
  name,
  mountPath: `${DATA}/config/${path}`,
  subPath: path,
  readOnly: true
})
const keyringMount = { name: "operator-keyring", mountPath: `${DATA}/keyring-file`, readOnly: true }

export const onSeid = (node: SeiNode) => [
  ...(signingKey(node) === undefined ? [] : [file("signing-key", "priv_validator_key.json")]),
  ...(nodeKeySecret(node.spec) === undefined ? [] : [file("node-key", "node_key.json")]),
  ...(keyring(node)?.seidMount === true ? [keyringMount] : [])
]

export const onSidecar = (node: SeiNode) => (keyring(node) === undefined ? [] : [keyringMount])

/** How a validator's keyring is found; empty for every other mode. */
export const keyringEnv = (node: SeiNode) => {
  if (node.spec.validator === undefined) return []
  const secret = keyring(node)
  const backend = secret === undefined ? "test" : "file"
  const base = [
    { name: "SEI_KEYRING_BACKEND", value: backend },
    { name: "SEI_KEYRING_DIR", value: DATA }
  ]
  if (secret === undefined) return base
  const { key, secretName } = secret.passphraseSecretRef
  return [...base, { name: "SEI_KEYRING_PASSPHRASE", valueFrom: { secretKeyRef: { name: secretName, key } } }]
}

/** seid gets the keyring only when the user says so. */
export const seidEnv = (node: SeiNode) => (keyring(node)?.seidMount === true ? keyringEnv(node) : [])
