/** Kinds and objects as text, for keys of maps and queues. */
import { ObjectMeta } from "@portolan/planner"

interface Named {
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

/** `namespace/name`, which identifies an object within its kind, like client-go's `MetaNamespaceKeyFunc`. */
export const namespacedName = ({ metadata }: Named): string => `${metadata.namespace ?? ""}/${metadata.name}`

/** The key of the object of a kind that {@link namespacedName} was computed from. */
export const parse = (kind: ObjectMeta.ObjectKind, namespacedName: string): ObjectMeta.ObjectKey => {
  const slash = namespacedName.indexOf("/")
  return ObjectMeta.key(kind, namespacedName.slice(0, slash), namespacedName.slice(slash + 1))
}
