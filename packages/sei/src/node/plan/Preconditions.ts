/**
 * Preconditions of creating a node: its volume is its own, its Secrets have the expected shape, and its signing key
 * is used by no other pod or SeiNode. The task that waits for a precondition and the node that failed at it use the
 * same check. Pure.
 */
import { type Condition, ObjectMeta, Owned, type TaskPlan } from "@portolan/planner"
import { at } from "../../shared/Unstructured.ts"
import { keyringSecret, nodeKeySecret, signingKeySecret } from "../kinds/SeiNode.ts"
import * as ImportedVolume from "./ImportedVolume.ts"
import type { Observation } from "./Observation.ts"
import { invalid, type PreconditionResult, pending, ready } from "./PreconditionResult.ts"

/** A condition with its reason for each result. */
interface ConditionReasons {
  readonly type: string
  readonly Ready: string
  readonly Pending: string
  readonly Invalid: string
}

interface Precondition {
  readonly check: (observation: Observation) => PreconditionResult
  /** The condition that shows the result; `undefined` when none does. */
  readonly condition: (observation: Observation) => ConditionReasons | undefined
}

/** The reasons of a condition `…Ready` about a Secret. */
const secretCondition = (name: string) => {
  const reasons = {
    type: `${name}Ready`,
    Ready: `${name}Validated`,
    Pending: `${name}NotReady`,
    Invalid: `${name}Invalid`
  }
  return () => reasons
}

const IMPORT_CONDITION: ConditionReasons = {
  type: "ImportPVCReady",
  Ready: "PVCValidated",
  Pending: "PVCNotReady",
  Invalid: "PVCInvalid"
}

const SIGNING_KEY_FIELDS = ["address", "pub_key.type", "pub_key.value", "priv_key.type", "priv_key.value"]
const NODE_KEY_FIELDS = ["priv_key.type", "priv_key.value"]

/** By task type. */
const PRECONDITIONS: { readonly [type: string]: Precondition } = {
  "ensure-data-pvc": {
    check: (observation) => checkVolume(observation),
    condition: ({ node }) => (node.spec.dataVolume?.import === undefined ? undefined : IMPORT_CONDITION)
  },
  "validate-signing-key": {
    check: (observation) => checkSigningKey(observation),
    condition: secretCondition("SigningKey")
  },
  "validate-node-key": {
    check: (observation) =>
      checkSecret(observation, nodeKeySecret(observation.node.spec), (data) =>
        checkJson(data, "node_key.json", NODE_KEY_FIELDS)
      ),
    condition: secretCondition("NodeKey")
  },
  "validate-operator-keyring": {
    check: (observation) => checkKeyring(observation),
    condition: secretCondition("OperatorKeyring")
  }
}

/** `failedTaskDetail.reason` of a plan that failed at a precondition. */
export const INVALID = "PreconditionInvalid"

/** The end of the message of a failure that was stored before `failedTaskDetail.reason` existed. */
const STORED_WITHOUT_REASON = /; once that is mended the node begins again$/u

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
  result: PreconditionResult
): ReadonlyArray<Condition.ConditionUpdate> => {
  const condition = PRECONDITIONS[type]?.condition(observation)
  if (condition === undefined) return []
  const reason = condition[result._tag]
  return result._tag === "Ready"
    ? [{ type: condition.type, status: "True", reason, message: "the precondition is met" }]
    : [{ type: condition.type, status: "False", reason, message: result.message }]
}

const checkVolume = (observation: Observation): PreconditionResult => {
  const { node, pvc } = observation
  if (node.spec.dataVolume?.import !== undefined) return ImportedVolume.check(observation)
  if (pvc === undefined || ObjectMeta.controls(node.object, pvc)) return ready
  const { name } = pvc.metadata
  return Owned.hasPreviousOwner(node.object, pvc)
    ? pending("PreviousClaimExists", `PersistentVolumeClaim ${name} of a deleted node of this name still exists`)
    : invalid(
        `PersistentVolumeClaim ${name} already exists and is not owned by this SeiNode, but ` +
          `${Owned.describeOwner(pvc)}; set spec.dataVolume.import to use it`
      )
}

const checkSigningKey = (observation: Observation): PreconditionResult => {
  const result = checkSecret(observation, signingKeySecret(observation.node.spec), (data) =>
    checkJson(data, "priv_validator_key.json", SIGNING_KEY_FIELDS)
  )
  const [user] = observation.keyConflicts
  return result._tag === "Ready" && user !== undefined
    ? pending("SigningKeyInUse", `the signing key is in use by ${user}`)
    : result
}

/** The decoded value of a key of a Secret; empty when the key is absent. */
type Data = (key: string) => string

const checkSecret = (
  { secrets }: Observation,
  name: string | undefined,
  checkData: (data: Data, keys: ReadonlyArray<string>) => PreconditionResult
): PreconditionResult => {
  if (name === undefined || name === "") return invalid("the spec references no Secret")
  const secret = secrets.get(name)
  if (secret === undefined) return pending("SecretNotFound", `Secret ${name} does not exist`)
  if (secret.metadata.deletionTimestamp !== undefined)
    return pending("SecretTerminating", `Secret ${name} is being deleted`)
  const data = ObjectMeta.isJsonObject(secret.data) ? secret.data : {}
  const result = checkData((key) => decodeBase64(at(data, key)), Object.keys(data))
  return result._tag === "Ready" ? result : { ...result, message: `Secret ${name}: ${result.message}` }
}

const decodeBase64 = (value: ObjectMeta.JsonObject[string] | undefined): string =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : ""

/** Checks that a key holds a JSON object with the given fields. Only seid can verify the key itself. */
const checkJson = (data: Data, key: string, fields: ReadonlyArray<string>): PreconditionResult => {
  const text = data(key)
  if (text === "") return invalid(`key ${key} is missing or empty`)
  const value = parseObject(text)
  if (value === undefined) return invalid(`key ${key} is not a JSON object`)
  const missing = fields.filter((path) => {
    const field = at(value, ...path.split("."))
    return field === undefined || field === null || field === ""
  })
  return missing.length === 0 ? ready : invalid(`key ${key} lacks the fields ${missing.join(", ")}`)
}

const parseObject = (text: string): ObjectMeta.JsonObject | undefined => {
  try {
    const value: ObjectMeta.JsonObject[string] = JSON.parse(text)
    return ObjectMeta.isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Checks the files of the keyring and the passphrase. Nothing is decrypted. */
const checkKeyring = (observation: Observation): PreconditionResult => {
  const secret = keyringSecret(observation.node.spec)
  if (secret === undefined) return ready
  const entry = `${secret.keyName || "node_admin"}.info`
  const files = checkSecret(observation, secret.secretName, (data, keys) => {
    const infos = keys.filter((key) => key.endsWith(".info"))
    const empty = infos.find((key) => data(key) === "")
    if (empty !== undefined) return invalid(`key ${empty} is empty`)
    if (infos.length === 0) return invalid("no key ends with .info")
    if (!keys.some((key) => key.endsWith(".address"))) return invalid("no key ends with .address")
    return infos.includes(entry) ? ready : invalid(`key ${entry} is missing`)
  })
  if (files._tag !== "Ready") return files
  const { key, secretName } = secret.passphraseSecretRef
  return checkSecret(observation, secretName, (data) =>
    data(key) === "" ? invalid(`key ${key} is missing or empty`) : ready
  )
}
