/**
 * The mark that a signing key is in use. Creating it is atomic, so of two nodes that name one Secret only one gets it; it
 * is owned by the node, so it goes with it.
 */
import { createHash } from "node:crypto"
import { ObjectMeta } from "@portolan/planner"
import { type SeiNode, signingKeySecret } from "../kinds/SeiNode.ts"
import { ConfigMap, ownedMeta } from "./Identity.ts"

/** Names follow from the Secret's; a long one is shortened without getting ambiguous. */
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
  metadata: ownedMeta(node, name(node)),
  data: { secretName: signingKeySecret(node.spec) ?? "", node: node.name }
})
