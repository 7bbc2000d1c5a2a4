/**
 * The ConfigMap that locks a signing key. Its name is derived from the Secret's name and creating an object is
 * atomic, so only one of two SeiNodes that reference the same Secret gets the lock (INV-15). The SeiNode owns the
 * ConfigMap, so the lock is released when the SeiNode is deleted.
 */
import { createHash } from "node:crypto"
import { ObjectMeta } from "@portolan/planner"
import { ConfigMap } from "../../shared/Identity.ts"
import { type SeiNode, signingKeySecret } from "../kinds/SeiNode.ts"
import { ownedMetadata } from "./NodeIdentity.ts"

/** A name that would be too long is cut and gets a hash, so that it stays unique. */
const name = (node: SeiNode): string => {
  const secret = signingKeySecret(node.spec) ?? ""
  const full = `signing-key-${secret}`
  if (full.length <= 253) return full
  return `${full.slice(0, 236)}-${createHash("sha256").update(secret).digest("hex").slice(0, 16)}`
}

export const key = (node: SeiNode): ObjectMeta.ObjectKey => ObjectMeta.key(ConfigMap, node.namespace, name(node))

export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: ownedMetadata(node, name(node)),
  data: { secretName: signingKeySecret(node.spec) ?? "", node: node.name }
})
