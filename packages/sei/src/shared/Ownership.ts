/** Owner references of generated objects. */
import { ObjectMeta } from "@portolan/planner"

type Stored = ObjectMeta.KubernetesObject

/** `metadata` of a generated object: in the namespace of its owner, with a controller reference to it. */
export const ownedMetadata = (owner: Stored, name: string, labels: { readonly [key: string]: string }) => ({
  name,
  namespace: owner.metadata.namespace ?? "default",
  labels,
  ownerReferences: [ObjectMeta.controllerReference(owner)]
})
