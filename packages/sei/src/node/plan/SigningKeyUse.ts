/** Who uses the signing key of a node (INV-15). Pure. */
import type { ObjectMeta } from "@portolan/planner"
import { at, objects } from "../../shared/Unstructured.ts"
import { type SeiNode, signingKeySecret } from "../kinds/SeiNode.ts"
import { podsOf } from "./Observation.ts"

type Stored = ObjectMeta.KubernetesObject

/** The names of the Secrets that a pod mounts. */
export const mountedSecrets = (pod: Stored) =>
  objects(at(pod.spec, "volumes")).flatMap((volume) => at(volume, "secret", "secretName") ?? [])

/** The pods that mount the signing key and that the StatefulSet of the node does not control: `pod signer`. */
export const otherPods = (
  node: SeiNode,
  statefulSet: Stored | undefined,
  pods: ReadonlyArray<Stored>
): ReadonlyArray<string> => {
  const secret = signingKeySecret(node.spec)
  const own = new Set(statefulSet === undefined ? [] : podsOf({ pods }, statefulSet))
  return pods
    .filter((pod) => !own.has(pod) && mountedSecrets(pod).some((name) => name === secret))
    .map(({ metadata }) => `pod ${metadata.name}`)
}
