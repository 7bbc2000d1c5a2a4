/** Checks whether an imported PersistentVolumeClaim can hold a node's data. It is read and never changed. Pure. */
import type { ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Quantity from "../../shared/Quantity.ts"
import { at } from "../../shared/Unstructured.ts"
import { claimName } from "../resources/NodeIdentity.ts"
import * as NodeSizing from "../resources/NodeSizing.ts"
import type { Observation } from "./Observation.ts"
import { invalid, type PreconditionResult, pending, ready } from "./PreconditionResult.ts"

type Json = ObjectMeta.JsonObject[string] | undefined

/** Returns why the claim cannot be used; `undefined` when the check passes. */
type Check = (observation: Observation) => PreconditionResult | undefined

const text = (value: Json): string => (typeof value === "string" ? value : "")
const bytes = (value: Json): Option.Option<number> => Quantity.parse(text(value))
const capacity = ({ pvc }: Observation): Json => at(pvc?.status, "capacity", "storage")

/** In order: the first check that does not pass is reported. */
const CHECKS: ReadonlyArray<Check> = [
  ({ pvc, node }) =>
    pvc === undefined ? pending("ClaimNotFound", `PersistentVolumeClaim ${claimName(node)} does not exist`) : undefined,
  ({ pvc }) =>
    pvc?.metadata.deletionTimestamp === undefined
      ? undefined
      : pending("ClaimTerminating", "the PersistentVolumeClaim is being deleted"),
  ({ pvc }) => {
    const phase = text(at(pvc?.status, "phase"))
    if (phase === "Bound") return undefined
    return phase === "Lost"
      ? invalid("the PersistentVolumeClaim has lost its volume")
      : pending("ClaimNotBound", "the PersistentVolumeClaim is not bound")
  },
  ({ pvc }) => {
    const modes = at(pvc?.spec, "accessModes")
    const isWritable = Array.isArray(modes) && (modes.includes("ReadWriteOnce") || modes.includes("ReadWriteOncePod"))
    return isWritable
      ? undefined
      : invalid("the access modes of the PersistentVolumeClaim include neither ReadWriteOnce nor ReadWriteOncePod")
  },
  (observation) => {
    const size = NodeSizing.volumeSize(observation.node, observation.platform)
    const required = Quantity.parse(size)
    if (Option.isNone(required)) return invalid(`the required size "${size}" is not a quantity`)
    const found = bytes(capacity(observation))
    if (Option.isNone(found)) return pending("ClaimCapacityUnknown", "the PersistentVolumeClaim has no status.capacity")
    return found.value < required.value
      ? invalid(
          `the capacity ${text(capacity(observation))} of the PersistentVolumeClaim is less than the required ${size}`
        )
      : undefined
  },
  ({ pvc, volume }) => {
    const name = text(at(pvc?.spec, "volumeName"))
    if (name === "") return pending("ClaimNotBound", "the PersistentVolumeClaim has no spec.volumeName")
    return volume === undefined ? pending("VolumeNotFound", `PersistentVolume ${name} does not exist`) : undefined
  },
  ({ volume }) => (at(volume?.status, "phase") === "Failed" ? invalid("the PersistentVolume has failed") : undefined),
  (observation) => {
    const claimed = bytes(capacity(observation))
    const provided = bytes(at(observation.volume?.spec, "capacity", "storage"))
    const isSame = Option.isSome(claimed) && Option.isSome(provided) && claimed.value === provided.value
    return isSame
      ? undefined
      : invalid("the capacity of the PersistentVolume differs from that of the PersistentVolumeClaim")
  }
]

export const check = (observation: Observation): PreconditionResult => {
  for (const check of CHECKS) {
    const result = check(observation)
    if (result !== undefined) return result
  }
  return ready
}
