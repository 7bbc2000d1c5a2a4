/**
 * What has to be so before a node is made: its volume is its own, its Secrets have the right shape, and nobody else
 * signs with its key. One judgement serves the task that waits for it and the node that failed at it. Pure.
 */
import { type Condition, ObjectMeta, type TaskPlan } from "@portolan/planner"
import { keyringSecret, nodeKeySecret, signingKeySecret } from "../kinds/SeiNode.ts"
import * as ImportedVolume from "./ImportedVolume.ts"
import { at, type Seen } from "./Seen.ts"
import { never, notYet, pass, type Verdict } from "./Verdict.ts"

type Stored = ObjectMeta.KubernetesObject

interface Gate {
  readonly judge: (seen: Seen) => Verdict
  /** The condition that tells the verdict, and its reasons: passed, not yet, never. `undefined` tells nothing. */
  readonly condition: (
    seen: Seen
  ) => { readonly type: string; readonly reasons: readonly [string, string, string] } | undefined
}

const always = (type: string, ...reasons: readonly [string, string, string]) => {
  const condition = { type, reasons }
  return () => condition
}

/** By task type. */
const GATES: { readonly [type: string]: Gate } = {
  "ensure-data-pvc": {
    judge: (seen) => volume(seen),
    condition: ({ node }) =>
      node.spec.dataVolume?.import === undefined
        ? undefined
        : { type: "ImportPVCReady", reasons: ["PVCValidated", "PVCNotReady", "PVCInvalid"] }
  },
  "validate-signing-key": {
    judge: (seen) => {
      const shape = ofSecret(seen, signingKeySecret(seen.node.spec), (data) =>
        json(
          data,
          "priv_validator_key.json",
          "address",
          "pub_key.type",
          "pub_key.value",
          "priv_key.type",
          "priv_key.value"
        )
      )
      const [rival] = seen.rivals
      return shape._tag === "Pass" && rival !== undefined ? notYet(`${rival} signs with the same key`) : shape
    },
    condition: always("SigningKeyReady", "SigningKeyValidated", "SigningKeyNotReady", "SigningKeyInvalid")
  },
  "validate-node-key": {
    judge: (seen) =>
      ofSecret(seen, nodeKeySecret(seen.node.spec), (data) =>
        json(data, "node_key.json", "priv_key.type", "priv_key.value")
      ),
    condition: always("NodeKeyReady", "NodeKeyValidated", "NodeKeyNotReady", "NodeKeyInvalid")
  },
  "validate-operator-keyring": {
    judge: (seen) => keyring(seen),
    condition: always(
      "OperatorKeyringReady",
      "OperatorKeyringValidated",
      "OperatorKeyringNotReady",
      "OperatorKeyringInvalid"
    )
  }
}

/** How a failure at a gate reads that goes away with its cause. Other failures of the same task do not. */
const MENDED = "; once that is mended the node begins again"

/** A verdict that nothing but a change can alter, in words. */
export const failure = (message: string): string => `${message}${MENDED}`

/**
 * Whether a plan failed because a gate said never, and would no longer. What another controller wrote does not say why, and
 * is taken for that.
 */
export const isMended = (seen: Seen, { failedAt, failedTaskDetail }: TaskPlan.TaskPlan): boolean => {
  const { error = "", type = "" } = failedTaskDetail ?? {}
  const saidNever = error.endsWith(MENDED) || failedAt === undefined
  return Object.hasOwn(GATES, type) && saidNever && judge(seen, type)._tag !== "Never"
}

/** The verdict of a task type that is a gate; a type that is none passes. */
export const judge = (seen: Seen, type: string): Verdict => GATES[type]?.judge(seen) ?? pass

/** What a verdict sets as a condition, if the task has one. */
export const claims = (seen: Seen, type: string, verdict: Verdict): ReadonlyArray<Condition.Claim> => {
  const condition = GATES[type]?.condition(seen)
  if (condition === undefined) return []
  const [passed, pending, invalid] = condition.reasons
  switch (verdict._tag) {
    case "Pass":
      return [{ type: condition.type, status: "True", reason: passed, message: "it is as it should be" }]
    case "NotYet":
      return [{ type: condition.type, status: "False", reason: pending, message: verdict.message }]
    case "Never":
      return [{ type: condition.type, status: "False", reason: invalid, message: verdict.message }]
  }
}

const volume = (seen: Seen): Verdict => {
  const { claim, node } = seen
  if (node.spec.dataVolume?.import !== undefined) return ImportedVolume.judge(seen)
  if (claim === undefined || ObjectMeta.controls(node.object, claim)) return pass
  const { name } = claim.metadata
  return ofFormer(seen, claim)
    ? notYet(`claim ${name} of a former node of this name is still there`)
    : never(`claim ${name} already exists and is not owned by this node; name it in spec.dataVolume.import to use it`)
}

/** Whether an object was made for a node of the same name that is gone. */
export const ofFormer = ({ node }: Seen, object: Stored): boolean => {
  const owner = ObjectMeta.controllerOf(object)
  return owner?.kind === node.object.kind && owner.name === node.name && owner.uid !== node.object.metadata.uid
}

/** The value of a key, decoded; empty when it has none. */
type Data = (key: string) => string

const ofSecret = (
  seen: Seen,
  name: string | undefined,
  shape: (data: Data, keys: ReadonlyArray<string>) => Verdict
) => {
  if (name === undefined || name === "") return never("no Secret is named")
  const secret = seen.secrets.get(name)
  if (secret === undefined) return notYet(`Secret ${name} does not exist`)
  if (secret.metadata.deletionTimestamp !== undefined) return notYet(`Secret ${name} is being deleted`)
  const data = ObjectMeta.isJsonObject(secret.data) ? secret.data : {}
  const verdict = shape((key) => decoded(at(data, key)), Object.keys(data))
  return verdict._tag === "Pass" ? verdict : { ...verdict, message: `Secret ${name}: ${verdict.message}` }
}

const decoded = (value: ObjectMeta.JsonObject[string] | undefined): string =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : ""

/** A key that holds a JSON object with certain fields. Shape only: whether it is a good key is for seid to say. */
const json = (data: Data, key: string, ...fields: ReadonlyArray<string>): Verdict => {
  const text = data(key)
  if (text === "") return never(`${key} is missing or empty`)
  const value = parsed(text)
  if (value === undefined) return never(`${key} is not a JSON object`)
  const missing = fields.filter((path) => {
    const found = at(value, ...path.split("."))
    return found === undefined || found === null || found === ""
  })
  return missing.length === 0 ? pass : never(`${key} lacks ${missing.join(", ")}`)
}

const parsed = (text: string): ObjectMeta.JsonObject | undefined => {
  try {
    const value: ObjectMeta.JsonObject[string] = JSON.parse(text)
    return ObjectMeta.isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A keyring directory as files of a Secret, and the passphrase that opens it. Never decrypted here. */
const keyring = (seen: Seen): Verdict => {
  const secret = keyringSecret(seen.node.spec)
  if (secret === undefined) return pass
  const entry = `${secret.keyName || "node_admin"}.info`
  const files = ofSecret(seen, secret.secretName, (data, keys) => {
    const infos = keys.filter((key) => key.endsWith(".info"))
    const empty = infos.find((key) => data(key) === "")
    if (empty !== undefined) return never(`${empty} is empty`)
    if (infos.length === 0) return never("it holds no .info file")
    if (!keys.some((key) => key.endsWith(".address"))) return never("it holds no .address file")
    return infos.includes(entry) ? pass : never(`${entry} is missing`)
  })
  if (files._tag !== "Pass") return files
  const { key, secretName } = secret.passphraseSecretRef
  return ofSecret(seen, secretName, (data) => (data(key) === "" ? never(`${key} is missing or empty`) : pass))
}
