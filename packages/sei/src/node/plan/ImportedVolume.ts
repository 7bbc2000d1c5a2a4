/** Whether a claim that the user brings along can hold a node's data. It is only looked at, never changed. Pure. */
import type { ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Quantity from "../../shared/Quantity.ts"
import { claimName } from "../resources/Identity.ts"
import * as NodeSizing from "../resources/NodeSizing.ts"
import { at, type Observation } from "./Observation.ts"
import { invalid, type PreconditionResult, pending, ready } from "./PreconditionResult.ts"

type Json = ObjectMeta.JsonObject[string] | undefined

/** One thing that has to be so; `undefined` when it is. */
type Check = (observation: Observation) => PreconditionResult | undefined

const text = (value: Json): string => (typeof value === "string" ? value : "")
const bytes = (value: Json): Option.Option<number> => Quantity.parse(text(value))
const capacity = ({ pvc: claim }: Observation): Json => at(claim?.status, "capacity", "storage")

/** In this order; the first that does not hold is told. */
const CHECKS: ReadonlyArray<Check> = [
  ({ pvc: claim, node }) => (claim === undefined ? pending(`claim ${claimName(node)} does not exist`) : undefined),
  ({ pvc: claim }) =>
    claim?.metadata.deletionTimestamp === undefined ? undefined : pending("the claim is being deleted"),
  ({ pvc: claim }) => {
    const phase = text(at(claim?.status, "phase"))
    if (phase === "Bound") return undefined
    return phase === "Lost" ? invalid("the claim has lost its volume") : pending("the claim is not bound yet")
  },
  ({ pvc: claim }) => {
    const modes = at(claim?.spec, "accessModes")
    const isWritable = Array.isArray(modes) && (modes.includes("ReadWriteOnce") || modes.includes("ReadWriteOncePod"))
    return isWritable ? undefined : invalid("the claim's access modes have neither ReadWriteOnce nor ReadWriteOncePod")
  },
  (observation) => {
    const size = NodeSizing.volumeSize(observation.node, observation.platform)
    const required = Quantity.parse(size)
    if (Option.isNone(required)) return invalid(`the size that a node needs cannot be read: ${size}`)
    const found = bytes(capacity(observation))
    if (Option.isNone(found)) return pending("the claim does not tell its capacity yet")
    return found.value < required.value
      ? invalid(`the claim's capacity ${text(capacity(observation))} is less than required: ${size}`)
      : undefined
  },
  ({ pvc: claim, volume }) => {
    const name = text(at(claim?.spec, "volumeName"))
    if (name === "") return pending("the claim names no volume yet")
    return volume === undefined ? pending(`volume ${name} does not exist`) : undefined
  },
  ({ volume }) => (at(volume?.status, "phase") === "Failed" ? invalid("the volume has failed") : undefined),
  (observation) => {
    const [claimed, real] = [bytes(capacity(observation)), bytes(at(observation.volume?.spec, "capacity", "storage"))]
    const isSame = Option.isSome(claimed) && Option.isSome(real) && claimed.value === real.value
    return isSame ? undefined : invalid("the volume's capacity does not match what the claim tells")
  }
]

export const check = (observation: Observation): PreconditionResult => {
  for (const check of CHECKS) {
    const verdict = check(observation)
    if (verdict !== undefined) return verdict
  }
  return ready
}
