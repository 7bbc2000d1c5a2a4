/**
 * What has to be so before a node is made: its volume is its own, its Secrets have the right shape, and nobody else
 * signs with its key. One judgement serves the task that waits for it and the node that failed at it. Pure.
 */
import { type Condition, ObjectMeta, type TaskPlan } from "@portolan/planner"
import { keyringSecret, nodeKeySecret, signingKeySecret } from "../kinds/SeiNode.ts"
import * as ImportedVolume from "./ImportedVolume.ts"
import { at, type Observation } from "./Observation.ts"
import { invalid, type PreconditionResult, pending, ready } from "./PreconditionResult.ts"

type Stored = ObjectMeta.KubernetesObject

interface Precondition {
  readonly check: (observation: Observation) => PreconditionResult
  /** The condition that tells the verdict, and its reasons: passed, not yet, never. `undefined` tells nothing. */
  readonly condition: (
    observation: Observation
  ) => { readonly type: string; readonly reasons: readonly [string, string, string] } | undefined
}

const always = (type: string, ...reasons: readonly [string, string, string]) => {
  const condition = { type, reasons }
  return () => condition
}

/** By task type. */
const PRECONDITIONS: { readonly [type: string]: Precondition } = {
  "ensure-data-pvc": {
    check: (observation) => volume(observation),
    condition: ({ node }) =>
      node.spec.dataVolume?.import === undefined
        ? undefined
        : { type: "ImportPVCReady", reasons: ["PVCValidated", "PVCNotReady", "PVCInvalid"] }
  },
  "validate-signing-key": {
    check: (observation) => {
      const shape = ofSecret(observation, signingKeySecret(observation.node.spec), (data) =>
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
      const [rival] = observation.keyConflicts
      return shape._tag === "Ready" && rival !== undefined
        ? pending("SigningKeyInUse", `${rival} signs with the same key`)
        : shape
    },
    condition: always("SigningKeyReady", "SigningKeyValidated", "SigningKeyNotReady", "SigningKeyInvalid")
  },
  "validate-node-key": {
    check: (observation) =>
      ofSecret(observation, nodeKeySecret(observation.node.spec), (data) =>
        json(data, "node_key.json", "priv_key.type", "priv_key.value")
      ),
    condition: always("NodeKeyReady", "NodeKeyValidated", "NodeKeyNotReady", "NodeKeyInvalid")
  },
  "validate-operator-keyring": {
    check: (observation) => keyring(observation),
    condition: always(
      "OperatorKeyringReady",
      "OperatorKeyringValidated",
      "OperatorKeyringNotReady",
      "OperatorKeyringInvalid"
    )
  }
}

/** `failedTaskDetail.reason` of a plan that failed at a precondition. */
export const INVALID = "PreconditionInvalid"

/** How failures at a precondition ended that were stored before `failedTaskDetail.reason` existed. */
const STORED_WITHOUT_REASON = /; once that is \w+ the node begins again$/u

/** The failure message of a precondition that is invalid. */
export const failure = (message: string): string => `${message}; the node starts again once this is fixed`

/**
 * Whether a plan failed at a precondition that is no longer invalid. The Go operator stores neither a reason nor
 * `failedAt`; its failures of these tasks count as failures at the precondition.
 */
export const isResolved = (observation: Observation, { failedAt, failedTaskDetail }: TaskPlan.TaskPlan): boolean => {
  const { error = "", reason, type = "" } = failedTaskDetail ?? {}
  const failedHere =
    reason === undefined ? failedAt === undefined || STORED_WITHOUT_REASON.test(error) : reason === INVALID
  return Object.hasOwn(PRECONDITIONS, type) && failedHere && check(observation, type)._tag !== "Invalid"
}

/** The result for a task type; a type without a precondition is ready. */
export const check = (observation: Observation, type: string): PreconditionResult =>
  PRECONDITIONS[type]?.check(observation) ?? ready

/** The condition that shows the result, if the task type has one. */
export const conditions = (
  observation: Observation,
  type: string,
  verdict: PreconditionResult
): ReadonlyArray<Condition.ConditionUpdate> => {
  const condition = PRECONDITIONS[type]?.condition(observation)
  if (condition === undefined) return []
  const [passed, pending, invalid] = condition.reasons
  switch (verdict._tag) {
    case "Ready":
      return [{ type: condition.type, status: "True", reason: passed, message: "the precondition is met" }]
    case "Pending":
      return [{ type: condition.type, status: "False", reason: pending, message: verdict.message }]
    case "Invalid":
      return [{ type: condition.type, status: "False", reason: invalid, message: verdict.message }]
  }
}

const volume = (observation: Observation): PreconditionResult => {
  const { pvc: claim, node } = observation
  if (node.spec.dataVolume?.import !== undefined) return ImportedVolume.check(observation)
  if (claim === undefined || ObjectMeta.controls(node.object, claim)) return ready
  const { name } = claim.metadata
  return hasPreviousOwner(observation, claim)
    ? pending("PreviousClaimExists", `PersistentVolumeClaim ${name} of a deleted node of this name still exists`)
    : invalid(
        `PersistentVolumeClaim ${name} already exists and is not owned by this node; name it in spec.dataVolume.import to use it`
      )
}

/** Whether an object was made for a node of the same name that is gone. */
export const hasPreviousOwner = ({ node }: Observation, object: Stored): boolean => {
  const owner = ObjectMeta.controllerOf(object)
  return owner?.kind === node.object.kind && owner.name === node.name && owner.uid !== node.object.metadata.uid
}

/** The value of a key, decoded; empty when it has none. */
type Data = (key: string) => string

const ofSecret = (
  observation: Observation,
  name: string | undefined,
  shape: (data: Data, keys: ReadonlyArray<string>) => PreconditionResult
) => {
  if (name === undefined || name === "") return invalid("no Secret is named")
  const secret = observation.secrets.get(name)
  if (secret === undefined) return pending("SecretNotFound", `Secret ${name} does not exist`)
  if (secret.metadata.deletionTimestamp !== undefined)
    return pending("SecretTerminating", `Secret ${name} is being deleted`)
  const data = ObjectMeta.isJsonObject(secret.data) ? secret.data : {}
  const verdict = shape((key) => decoded(at(data, key)), Object.keys(data))
  return verdict._tag === "Ready" ? verdict : { ...verdict, message: `Secret ${name}: ${verdict.message}` }
}

const decoded = (value: ObjectMeta.JsonObject[string] | undefined): string =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : ""

/** A key that holds a JSON object with certain fields. Shape only: whether it is a good key is for seid to say. */
const json = (data: Data, key: string, ...fields: ReadonlyArray<string>): PreconditionResult => {
  const text = data(key)
  if (text === "") return invalid(`${key} is missing or empty`)
  const value = parsed(text)
  if (value === undefined) return invalid(`${key} is not a JSON object`)
  const missing = fields.filter((path) => {
    const found = at(value, ...path.split("."))
    return found === undefined || found === null || found === ""
  })
  return missing.length === 0 ? ready : invalid(`${key} lacks ${missing.join(", ")}`)
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
const keyring = (observation: Observation): PreconditionResult => {
  const secret = keyringSecret(observation.node.spec)
  if (secret === undefined) return ready
  const entry = `${secret.keyName || "node_admin"}.info`
  const files = ofSecret(observation, secret.secretName, (data, keys) => {
    const infos = keys.filter((key) => key.endsWith(".info"))
    const empty = infos.find((key) => data(key) === "")
    if (empty !== undefined) return invalid(`${empty} is empty`)
    if (infos.length === 0) return invalid("it holds no .info file")
    if (!keys.some((key) => key.endsWith(".address"))) return invalid("it holds no .address file")
    return infos.includes(entry) ? ready : invalid(`${entry} is missing`)
  })
  if (files._tag !== "Ready") return files
  const { key, secretName } = secret.passphraseSecretRef
  return ofSecret(observation, secretName, (data) => (data(key) === "" ? invalid(`${key} is missing or empty`) : ready))
}
