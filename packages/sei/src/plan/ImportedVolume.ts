/** Whether a claim that the user brings along can hold a node's data. It is only looked at, never changed. Pure. */
import type { ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Footprint from "../resources/Footprint.ts"
import { claimName } from "../resources/Identity.ts"
import * as Quantity from "../resources/Quantity.ts"
import { at, type Seen } from "./Seen.ts"
import { never, notYet, pass, type Verdict } from "./Verdict.ts"

type Json = ObjectMeta.JsonObject[string] | undefined

/** One thing that has to be so; `undefined` when it is. */
type Check = (seen: Seen) => Verdict | undefined

const text = (value: Json): string => (typeof value === "string" ? value : "")
const bytes = (value: Json): Option.Option<number> => Quantity.parse(text(value))
const capacity = ({ claim }: Seen): Json => at(claim?.status, "capacity", "storage")

/** In this order; the first that does not hold is told. */
const CHECKS: ReadonlyArray<Check> = [
  ({ claim, node }) => (claim === undefined ? notYet(`claim ${claimName(node)} does not exist`) : undefined),
  ({ claim }) => (claim?.metadata.deletionTimestamp === undefined ? undefined : notYet("the claim is being deleted")),
  ({ claim }) => {
    const phase = text(at(claim?.status, "phase"))
    if (phase === "Bound") return undefined
    return phase === "Lost" ? never("the claim has lost its volume") : notYet("the claim is not bound yet")
  },
  ({ claim }) => {
    const modes = at(claim?.spec, "accessModes")
    const isWritable = Array.isArray(modes) && (modes.includes("ReadWriteOnce") || modes.includes("ReadWriteOncePod"))
    return isWritable ? undefined : never("the claim's access modes have neither ReadWriteOnce nor ReadWriteOncePod")
  },
  (seen) => {
    const size = Footprint.volumeSize(seen.node, seen.platform)
    const required = Quantity.parse(size)
    if (Option.isNone(required)) return never(`the size that a node needs cannot be read: ${size}`)
    const found = bytes(capacity(seen))
    if (Option.isNone(found)) return notYet("the claim does not tell its capacity yet")
    return found.value < required.value
      ? never(`the claim's capacity ${text(capacity(seen))} is less than required: ${size}`)
      : undefined
  },
  ({ claim, volume }) => {
    const name = text(at(claim?.spec, "volumeName"))
    if (name === "") return notYet("the claim names no volume yet")
    return volume === undefined ? notYet(`volume ${name} does not exist`) : undefined
  },
  ({ volume }) => (at(volume?.status, "phase") === "Failed" ? never("the volume has failed") : undefined),
  (seen) => {
    const [claimed, real] = [bytes(capacity(seen)), bytes(at(seen.volume?.spec, "capacity", "storage"))]
    const isSame = Option.isSome(claimed) && Option.isSome(real) && claimed.value === real.value
    return isSame ? undefined : never("the volume's capacity does not match what the claim tells")
  }
]

export const judge = (seen: Seen): Verdict => {
  for (const check of CHECKS) {
    const verdict = check(seen)
    if (verdict !== undefined) return verdict
  }
  return pass
}
