/** A node in a cluster, with everything it owns. Only reads. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CannotPlan } from "./Problem.ts"

export const read = (namespace: string, name: string) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    const node = yield* api.get(ObjectMeta.key(SeiNode.resource, namespace, name))
    if (Option.isNone(node)) {
      return yield* new CannotPlan({ message: `SeiNode ${namespace}/${name} does not exist` })
    }
    const names: ReadonlyArray<readonly [ObjectMeta.ObjectKind, string]> = [
      [Identity.StatefulSet, name],
      [Identity.Service, name],
      [Identity.ConfigMap, `${name}-rbac-proxy-config`],
      [Identity.PersistentVolumeClaim, `data-${name}`]
    ]
    const found = yield* Effect.forEach(names, ([kind, each]) => api.get(ObjectMeta.key(kind, namespace, each)))
    const pods = yield* api.list(Identity.Pod, { namespace, labels: { [Identity.NODE_LABEL]: name } })
    return { node: node.value, owned: [...found.flatMap(Option.toArray), ...pods] }
  }).pipe(
    Effect.mapError((error) => (error instanceof CannotPlan ? error : new CannotPlan({ message: error.message })))
  )
