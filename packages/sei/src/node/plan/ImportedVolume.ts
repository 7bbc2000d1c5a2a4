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
  ({ pvc: claim, node }) =>
    claim === undefined
      ? pending("ClaimNotFound", `PersistentVolumeClaim ${claimName(node)} does not exist`)
      : undefined,
  ({ pvc: claim }) =>
    claim?.metadata.deletionTimestamp === undefined
      ? undefined
      : pending("ClaimTerminating", "the PersistentVolumeClaim is being deleted"),
  ({ pvc: claim }) => {
    const phase = text(at(claim?.status, "phase"))
    if (phase === "Bound") return undefined
    return phase === "Lost"
      ? invalid("the PersistentVolumeClaim has lost its volume")
      : pending("ClaimNotBound", "the PersistentVolumeClaim is not bound")
  },
  ({ pvc: claim }) => {
    const modes = at(claim?.spec, "accessModes")
    const isWritable = Array.isArray(modes) && (modes.includes("ReadWriteOnce") || modes.includes("ReadWriteOncePod"))
    return isWritable
      ? undefined
      : invalid("the access modes of the PersistentVolumeClaim include neither ReadWriteOnce nor ReadWriteOncePod")
  },
  (observation) => {
    const size = NodeSizing.volumeSize(observation.node, observation.platform)
    const required = Quantity.parse(size)
    if (Option.isNone(required)) return invalid(`the required size is not a quantity: ${size}`)
    const found = bytes(capacity(observation))
    if (Option.isNone(found)) return pending("ClaimCapacityUnknown", "the PersistentVolumeClaim has no status.capacity")
    return found.value < required.value
      ? invalid(
          `the capacity ${text(capacity(observation))} of the PersistentVolumeClaim is less than the required ${size}`
        )
      : undefined
  },
  ({ pvc: claim, volume }) => {
    const name = text(at(claim?.spec, "volumeName"))
    if (name === "") return pending("ClaimNotBound", "the PersistentVolumeClaim has no spec.volumeName")
    return volume === undefined ? pending("VolumeNotFound", `PersistentVolume ${name} does not exist`) : undefined
  },
  ({ volume }) => (at(volume?.status, "phase") === "Failed" ? invalid("the PersistentVolume has failed") : undefined),
  (observation) => {
    const [claimed, real] = [bytes(capacity(observation)), bytes(at(observation.volume?.spec, "capacity", "storage"))]
    const isSame = Option.isSome(claimed) && Option.isSome(real) && claimed.value === real.value
    return isSame
      ? undefined
      : invalid("the capacity of the PersistentVolume differs from that of the PersistentVolumeClaim")
  }
]

export const check = (observation: Observation): PreconditionResult => {
  for (const check of CHECKS) {
    const verdict = check(observation)
    if (verdict !== undefined) return verdict
  }
  return ready
}
