/** Looks at a node and everything it depends on, once per turn. Reads the cache; only sidecars and registries are asked. */
import { ObjectCache, ObjectMeta, Plan, type Reconciler, TaskAgent, type TaskPlan } from "@portolan/planner"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Platform } from "../../shared/Platform.ts"
import type { PeerDiscovery } from "../../shared/services/PeerDiscovery.ts"
import { SyncerRegistry } from "../../shared/services/SyncerRegistry.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as BootstrapState from "../plan/BootstrapState.ts"
import * as Drift from "../plan/Drift.ts"
import { at, type Observation, objects, podsOf, type SidecarHealth } from "../plan/Observation.ts"
import * as StateSync from "../plan/StateSync.ts"
import {
  bootstrapJobKey,
  claimKey,
  ownClaimKey,
  PersistentVolume,
  Pod,
  proxyConfigKey,
  Secret,
  selector,
  serviceKey,
  sidecarAddress,
  statefulSetKey
} from "../resources/Identity.ts"
import * as KeyLock from "../resources/KeyLock.ts"
import * as FindPeers from "./FindPeers.ts"

/** What looking at a node takes. */
export type ObservationServices = ObjectCache.ObjectCache | TaskAgent.TaskAgent | PeerDiscovery | SyncerRegistry

type Stored = ObjectMeta.KubernetesObject

/** Fails with the field when the stored object cannot be read. */
export const observe =
  (platform: Platform) =>
  (object: Stored, now: DateTime.Utc): Effect.Effect<Observation, Reconciler.PlanRejected, ObservationServices> =>
    Effect.gen(function* () {
      const read = yield* Effect.fromResult(SeiNode.decode(object))
      const cache = yield* ObjectCache.ObjectCache
      const find = (key: ObjectMeta.ObjectKey) => Effect.map(cache.get(key), Option.getOrUndefined)
      const stateSync = yield* gate(read)
      const resolvedPeers = yield* FindPeers.resolve(read)
      const node = withFindings(read, stateSync, resolvedPeers)
      const claim = yield* find(claimKey(node))
      const observation: Observation = {
        node,
        platform,
        now,
        statefulSet: yield* find(statefulSetKey(node)),
        service: yield* find(serviceKey(node)),
        proxyConfig: yield* find(proxyConfigKey(node)),
        bootstrapJob: yield* find(bootstrapJobKey(node)),
        pvc: claim,
        ownPvc: yield* find(ownClaimKey(node)),
        volume: yield* volumeOf(node, claim),
        pods: yield* cache.list(Pod, { namespace: node.namespace, labels: selector(node) }),
        secrets: yield* secretsOf(node),
        ...(yield* keyHolders(node)),
        stateSync,
        sidecar: undefined
      }
      return isAsked(observation) ? { ...observation, sidecar: yield* ask(node) } : observation
    })

/** The node as if its status had what was just found out: plans are built from it. */
const withFindings = (
  node: SeiNode.SeiNode,
  gate: StateSync.StateSync,
  resolvedPeers: ReadonlyArray<string> | undefined
): SeiNode.SeiNode => {
  const { resolvedStateSyncers: _, ...status } = node.status
  return {
    ...node,
    status: {
      ...status,
      ...(gate._tag === "Open" ? { resolvedStateSyncers: gate.syncers } : {}),
      ...(resolvedPeers === undefined ? {} : { resolvedPeers })
    }
  }
}

/** The registry is read only when the spec does not name witnesses enough. */
const gate = ({ spec }: SeiNode.SeiNode) =>
  Effect.gen(function* () {
    const isConverged = SeiNode.snapshotSource(spec) === undefined || StateSync.declared(spec) !== undefined
    if (isConverged) return StateSync.check(spec, Result.succeed([]))
    const registry = yield* SyncerRegistry
    const entries = yield* Effect.result(registry.entries(spec.chainId))
    return StateSync.check(
      spec,
      Result.mapError(entries, ({ message }) => message)
    )
  })

const secretsOf = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const cache = yield* ObjectCache.ObjectCache
  const secrets = new Map<string, Stored>()
  for (const name of SeiNode.secretNames(node.spec)) {
    const found = yield* cache.get(ObjectMeta.key(Secret, node.namespace, name))
    if (Option.isSome(found)) secrets.set(name, found.value)
  }
  return secrets
})

/** Only the volume of an imported claim is judged. */
const volumeOf = Effect.fnUntraced(function* ({ spec }: SeiNode.SeiNode, claim: Stored | undefined) {
  const name = at(claim?.spec, "volumeName")
  if (spec.dataVolume?.import === undefined || typeof name !== "string" || name === "") return undefined
  const cache = yield* ObjectCache.ObjectCache
  return Option.getOrUndefined(yield* cache.get(ObjectMeta.key(PersistentVolume, "", name)))
})

/** Who has the node's signing key: itself, or anybody else in its namespace. */
const keyHolders = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const secret = SeiNode.signingKeySecret(node.spec)
  if (secret === undefined) return { keyLock: undefined, keyConflicts: [] }
  const cache = yield* ObjectCache.ObjectCache
  const { namespace } = node
  const lock = Option.getOrUndefined(yield* cache.get(KeyLock.key(node)))
  const isOwn = lock !== undefined && ObjectMeta.controls(node.object, lock)
  const statefulSet = Option.getOrUndefined(yield* cache.get(statefulSetKey(node)))
  const pods = yield* cache.list(Pod, { namespace })
  const own = new Set(statefulSet === undefined ? [] : podsOf({ pods }, statefulSet))
  const mounts = (pod: Stored) =>
    objects(at(pod.spec, "volumes")).some((volume) => at(volume, "secret", "secretName") === secret)
  const isOther = (other: Stored) =>
    other.metadata.uid !== node.object.metadata.uid &&
    at(other.spec, "validator", "signingKey", "secret", "secretName") === secret &&
    at(other.status, "statefulSet") !== undefined
  return {
    keyLock: isOwn ? lock : undefined,
    keyConflicts: [
      ...(lock === undefined || isOwn ? [] : [`SeiNode ${ObjectMeta.controllerOf(lock)?.name ?? "of another owner"}`]),
      ...pods.filter((pod) => mounts(pod) && !own.has(pod)).map(({ metadata }) => `pod ${metadata.name}`),
      ...(yield* cache.list(SeiNode.resource, { namespace }))
        .filter(isOther)
        .map(({ metadata }) => `SeiNode ${metadata.name}`)
    ]
  }
})

/** A sidecar's health matters for a running node between plans, and where an active plan may have to give way. */
const isAsked = (observation: Observation): boolean => {
  const { phase, plan } = observation.node.status
  if (observation.node.spec.paused === true) return false
  if (phase !== "Running") return plan?.phase === "Active" && waitsForBootstrap(observation, plan)
  return plan?.phase !== "Active" || Drift.outdates(observation, plan)
}

const waitsForBootstrap = (observation: Observation, plan: TaskPlan.TaskPlan): boolean =>
  BootstrapState.of(observation)._tag === "Active" &&
  Option.exists(Plan.current(plan), ({ type }) => type === "await-bootstrap-complete")

const ask = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const agent = yield* TaskAgent.TaskAgent
  return yield* agent.health(sidecarAddress(node)).pipe(
    Effect.map((health): SidecarHealth => ({ _tag: health })),
    Effect.catch(({ message }) => Effect.succeed<SidecarHealth>({ _tag: "Unreachable", message }))
  )
})
