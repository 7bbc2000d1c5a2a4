/** Looks at a node and everything it owns, once per turn. Reads the cache; only the sidecar is asked. */
import { ObjectCache, type ObjectMeta, type Reconciler, TaskAgent } from "@portolan/planner"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Drift from "../plan/Drift.ts"
import type { Seen, SidecarHealth } from "../plan/Seen.ts"
import * as Supported from "../plan/Supported.ts"
import {
  claimKey,
  Pod,
  proxyConfigKey,
  selector,
  serviceKey,
  sidecarAddress,
  statefulSetKey,
  staticPeers
} from "../resources/Identity.ts"
import type { Platform } from "../resources/Platform.ts"

/** Fails with the field when the stored object cannot be read, or asks for what is not supported. */
export const observe =
  (platform: Platform) =>
  (
    object: ObjectMeta.KubernetesObject,
    now: DateTime.Utc
  ): Effect.Effect<Seen, Reconciler.PlanRefused, ObjectCache.ObjectCache | TaskAgent.TaskAgent> =>
    Effect.gen(function* () {
      const read = yield* Effect.fromResult(SeiNode.decode(object))
      yield* Effect.fromResult(Supported.check(read))
      const resolvedPeers = staticPeers(read)
      const node = resolvedPeers === undefined ? read : { ...read, status: { ...read.status, resolvedPeers } }
      const cache = yield* ObjectCache.ObjectCache
      const find = (key: ObjectMeta.ObjectKey) => Effect.map(cache.get(key), Option.getOrUndefined)
      const seen: Seen = {
        node,
        platform,
        now,
        statefulSet: yield* find(statefulSetKey(node)),
        service: yield* find(serviceKey(node)),
        proxyConfig: yield* find(proxyConfigKey(node)),
        claim: yield* find(claimKey(node)),
        pods: yield* cache.list(Pod, { namespace: node.namespace, labels: selector(node) }),
        sidecar: undefined
      }
      return isAsked(seen) ? { ...seen, sidecar: yield* ask(node) } : seen
    })

/** The sidecar's health matters for a running node between plans, and where an active plan may have to give way. */
const isAsked = (seen: Seen): boolean => {
  const { phase, plan } = seen.node.status
  if (phase !== "Running" || seen.node.spec.paused === true) return false
  return plan?.phase !== "Active" || Drift.outdates(seen, plan)
}

const ask = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const agent = yield* TaskAgent.TaskAgent
  return yield* agent.health(sidecarAddress(node)).pipe(
    Effect.map((health): SidecarHealth => ({ _tag: health })),
    Effect.catch(({ message }) => Effect.succeed<SidecarHealth>({ _tag: "Unreachable", message }))
  )
})
