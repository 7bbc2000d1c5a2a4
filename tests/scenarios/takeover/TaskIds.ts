/** Task ids as every controller of these nodes derives them, written down a second time so that ours cannot change unnoticed. */
import { createHash } from "node:crypto"

const NAMESPACE = Buffer.from("b7e89c3a4f124d8b9a6e1c2d3e4f5a6b", "hex")

/** UUID version 5 of `plan id/type/index`. */
export const of = (plan: string, type: string, index: number): string => {
  const bytes = createHash("sha1").update(NAMESPACE).update(`${plan}/${type}/${index}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-")
}
