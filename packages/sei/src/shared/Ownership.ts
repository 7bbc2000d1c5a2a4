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

/** Whether the controller of an object is a deleted object of the same kind and name as `owner`. */
export const hasPreviousOwner = (owner: Stored, object: Stored): boolean => {
  const controller = ObjectMeta.controllerOf(object)
  return (
    controller?.kind === owner.kind && controller.name === owner.metadata.name && controller.uid !== owner.metadata.uid
  )
}
