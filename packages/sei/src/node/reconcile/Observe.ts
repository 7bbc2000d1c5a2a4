/**
 * Observes a SeiNode and everything it depends on, once per pass. Objects are read from the cache; only sidecars,
 * peer discovery and the registry of state syncers are called.
 */
import { ObjectCache, ObjectMeta, Owned, type Reconciler, TaskAgent } from "@portolan/planner"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { NODE_LABEL, PersistentVolume, Pod, Secret, sidecarAddress } from "../../shared/Identity.ts"
import type { Platform } from "../../shared/Platform.ts"
import type { PeerDiscovery } from "../../shared/services/PeerDiscovery.ts"
import { SyncerRegistry } from "../../shared/services/SyncerRegistry.ts"
import { at } from "../../shared/Unstructured.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as BootstrapState from "../plan/BootstrapState.ts"
import * as Drift from "../plan/Drift.ts"
import type { Observation, SidecarHealth } from "../plan/Observation.ts"
import * as SigningKeyUse from "../plan/SigningKeyUse.ts"
import * as StateSync from "../plan/StateSync.ts"
import { isCurrent } from "../plan/TaskTemplates.ts"
import {
  bootstrapJobKey,
  claimKey,
  generatedClaimKey,
  proxyConfigKey,
  selector,
  serviceKey,
  statefulSetKey
} from "../resources/NodeIdentity.ts"
import * as SigningKeyLock from "../resources/SigningKeyLock.ts"
import { resolvePeers } from "./ResolvePeers.ts"

/** The services that an observation requires. */
export type ObservationServices = ObjectCache.ObjectCache | TaskAgent.TaskAgent | PeerDiscovery | SyncerRegistry

type Stored = ObjectMeta.KubernetesObject

/** Fails with the field when the stored object does not decode. */
export const observe =
  (platform: Platform) =>
  (object: Stored, now: DateTime.Utc): Effect.Effect<Observation, Reconciler.PlanRejected, ObservationServices> =>
    Effect.gen(function* () {
      const stored = yield* Effect.fromResult(SeiNode.decode(object))
      const stateSync = yield* observeStateSync(stored)
      const node = withDiscovered(stored, stateSync, yield* resolvePeers(stored))
      const pvc = yield* get(claimKey(node))
      const cache = yield* ObjectCache.ObjectCache
      const observation: Observation = {
        node,
        platform,
        now,
        statefulSet: yield* get(statefulSetKey(node)),
        service: yield* get(serviceKey(node)),
        proxyConfig: yield* get(proxyConfigKey(node)),
        bootstrapJob: yield* get(bootstrapJobKey(node)),
        pvc,
        generatedPvc: yield* get(generatedClaimKey(node)),
        volume: yield* importedVolume(node, pvc),
        pods: yield* cache.list(Pod, { namespace: node.namespace, labels: selector(node) }),
        secrets: yield* referencedSecrets(node),
        ...(yield* signingKeyUse(node)),
        stateSync,
        sidecar: undefined
      }
      return needsProbe(observation) ? { ...observation, sidecar: yield* probe(node) } : observation
    })

const get = Effect.fnUntraced(function* (key: ObjectMeta.ObjectKey) {
  const cache = yield* ObjectCache.ObjectCache
  return Option.getOrUndefined(yield* cache.get(key))
})

/** The node with the discovered peers and syncers in its status, because plans are built from the status. */
const withDiscovered = (
  node: SeiNode.SeiNode,
  stateSync: StateSync.StateSync,
  resolvedPeers: ReadonlyArray<string> | undefined
): SeiNode.SeiNode => {
  const { resolvedStateSyncers: _, ...status } = node.status
  return {
    ...node,
    status: {
      ...status,
      ...(stateSync._tag === "Ready" ? { resolvedStateSyncers: stateSync.syncers } : {}),
      ...(resolvedPeers === undefined ? {} : { resolvedPeers })
    }
  }
}

/** The registry is read only when the node has a snapshot source and declares too few syncers. */
const observeStateSync = Effect.fnUntraced(function* ({ spec }: SeiNode.SeiNode) {
  const needsRegistry = SeiNode.snapshotSource(spec) !== undefined && StateSync.declaredSyncers(spec) === undefined
  if (!needsRegistry) return StateSync.check(spec, Result.succeed([]))
  const registry = yield* SyncerRegistry
  const entries = yield* Effect.result(registry.entries(spec.chainId))
  return StateSync.check(
    spec,
    Result.mapError(entries, ({ message }) => message)
  )
})

const referencedSecrets = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const secrets = new Map<string, Stored>()
  for (const name of SeiNode.secretNames(node.spec)) {
    const secret = yield* get(ObjectMeta.key(Secret, node.namespace, name))
    if (secret !== undefined) secrets.set(name, secret)
  }
  return secrets
})

/** The volume of an imported claim. The volume of a generated claim needs no check. */
const importedVolume = Effect.fnUntraced(function* ({ spec }: SeiNode.SeiNode, pvc: Stored | undefined) {
  const name = at(pvc?.spec, "volumeName")
  if (spec.dataVolume?.import === undefined || typeof name !== "string" || name === "") return undefined
  return yield* get(ObjectMeta.key(PersistentVolume, "", name))
})

/**
 * Whether the node owns the lock of its signing key, and which other SeiNodes and their pods use the key. Pods that belong
 * to no SeiNode are not watched: the task that takes the lock reads them from the API server.
 */
const signingKeyUse = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const secret = SeiNode.signingKeySecret(node.spec)
  if (secret === undefined) return { keyLock: undefined, keyConflicts: [] }
  const cache = yield* ObjectCache.ObjectCache
  const { namespace } = node
  const lock = yield* get(SigningKeyLock.key(node))
  const ownsLock = lock !== undefined && ObjectMeta.controls(node.object, lock)
  const statefulSet = yield* get(statefulSetKey(node))
  const pods = yield* cache.list(Pod, { namespace, labels: { [NODE_LABEL]: true } })
  const isOtherUser = (other: Stored) =>
    other.metadata.uid !== node.object.metadata.uid &&
    at(other.spec, "validator", "signingKey", "secret", "secretName") === secret &&
    at(other.status, "statefulSet") !== undefined
  return {
    keyLock: ownsLock ? lock : undefined,
    keyConflicts: [
      ...(lock === undefined || ownsLock ? [] : [holderOf(lock)]),
      ...SigningKeyUse.otherPods(node, statefulSet, pods),
      ...(yield* cache.list(SeiNode.resource, { namespace }))
        .filter(isOtherUser)
        .map(({ metadata }) => `SeiNode ${metadata.name}`)
    ]
  }
})

/** The SeiNode that owns the lock, or the lock itself when somebody else made an object of its name. */
const holderOf = (lock: Stored): string => {
  const controller = ObjectMeta.controllerOf(lock)
  return controller?.kind === SeiNode.resource.kind
    ? `SeiNode ${controller.name}`
    : `ConfigMap ${lock.metadata.name}, which is ${Owned.describeOwner(lock)}`
}

/** The sidecar is probed between the plans of a running node, and where its health may supersede an active plan. */
const needsProbe = (observation: Observation): boolean => {
  const { phase, plan } = observation.node.status
  if (observation.node.spec.paused === true) return false
  if (phase === "Running") return plan?.phase !== "Active" || Drift.hasOutdatedRollout(observation, plan)
  return (
    plan?.phase === "Active" &&
    isCurrent(plan, "await-bootstrap-complete") &&
    BootstrapState.of(observation)._tag === "Active"
  )
}

const probe = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const agent = yield* TaskAgent.TaskAgent
  return yield* agent.health(sidecarAddress(node)).pipe(
    Effect.map((health): SidecarHealth => ({ _tag: health })),
    Effect.catch(({ message }) => Effect.succeed<SidecarHealth>({ _tag: "Unreachable", message }))
  )
})
