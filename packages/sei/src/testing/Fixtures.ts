/** SeiNodes and observations with defaults, so that a test sets only what it is about. */
import { ObjectMeta } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SeiNode from "../node/kinds/SeiNode.ts"
import type { Observation } from "../node/plan/Observation.ts"
import * as BootstrapJob from "../node/resources/BootstrapJob.ts"
import * as BootstrapService from "../node/resources/BootstrapService.ts"
import * as DataVolume from "../node/resources/DataVolume.ts"
import * as RbacProxyConfig from "../node/resources/RbacProxyConfig.ts"
import * as Service from "../node/resources/Service.ts"
import * as StatefulSet from "../node/resources/StatefulSet.ts"
import { sample } from "../shared/SamplePlatform.ts"

type Json = ObjectMeta.JsonObject

const version = (text: string) => ObjectMeta.ResourceVersion.make(text)

/** A value after a round trip through JSON, as the API server returns it. */
const roundTrip = (value: unknown): Schema.Json =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))(JSON.stringify(value))

export const IMAGE = "ghcr.io/sei-protocol/sei:v6.1.0"

/** The manifest of a SeiNode. It is a full node that syncs from genesis unless the spec sets another mode. */
export const manifest = (spec: Json = {}, metadata: Json = {}) => ({
  apiVersion: "sei.io/v1alpha1",
  kind: "SeiNode",
  metadata: { name: "node-0", namespace: "sei", ...metadata },
  spec: {
    chainId: "pacific-1",
    image: IMAGE,
    ...(SeiNode.MODES.some((mode) => mode in spec) ? {} : { fullNode: {} }),
    ...spec
  }
})

export interface NodeParts {
  readonly spec?: Json
  readonly status?: Json
  readonly annotations?: { readonly [key: string]: string }
}

/** The same SeiNode as the API server stores it. */
export const stored = ({ annotations = {}, spec = {}, status = {} }: NodeParts = {}): ObjectMeta.KubernetesObject => {
  const { metadata, ...fields } = manifest(spec)
  return {
    ...fields,
    metadata: { ...metadata, uid: "node-uid", resourceVersion: version("1"), generation: 1, annotations },
    status
  }
}

/** The same SeiNode, decoded. Throws when a part does not decode. */
export const node = (parts: NodeParts = {}): SeiNode.SeiNode => Result.getOrThrow(SeiNode.decode(stored(parts)))

/** An observation of a SeiNode without any other object, unless `more` has some. */
export const observation = (parts: NodeParts = {}, more: Partial<Observation> = {}): Observation => ({
  node: node(parts),
  platform: sample,
  now: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
  statefulSet: undefined,
  service: undefined,
  proxyConfig: undefined,
  pvc: undefined,
  generatedPvc: undefined,
  volume: undefined,
  bootstrapJob: undefined,
  pods: [],
  secrets: new Map(),
  keyLock: undefined,
  keyConflicts: [],
  stateSync: { _tag: "NotApplicable" },
  sidecar: undefined,
  ...more
})

/** The manifests of all objects of a SeiNode on the sample platform, in the order in which they are applied. */
export const manifests = (node: SeiNode.SeiNode): ReadonlyArray<ObjectMeta.Manifest> => [
  ...(node.spec.dataVolume?.import === undefined ? [DataVolume.generate(node, sample)] : []),
  RbacProxyConfig.generate(node),
  ...(SeiNode.snapshotSource(node.spec)?.bootstrapImage === undefined
    ? []
    : [BootstrapService.generate(node), Result.getOrThrow(BootstrapJob.generate(node, sample))]),
  Result.getOrThrow(StatefulSet.generate(node, sample, { replicas: 1 })),
  Service.generate(node)
]

/** A stored object that the SeiNode `node-0` owns. */
export const owned = (kind: string, name: string, more: Json = {}): ObjectMeta.KubernetesObject => ({
  apiVersion: "v1",
  kind,
  metadata: {
    name,
    namespace: "sei",
    uid: `${kind}-uid`,
    resourceVersion: version("1"),
    generation: 1,
    labels: { "sei.io/node": "node-0" },
    ownerReferences: [
      { apiVersion: "sei.io/v1alpha1", kind: "SeiNode", name: "node-0", uid: "node-uid", controller: true }
    ]
  },
  ...more
})

/** The observed objects of a running SeiNode whose rollout is complete. */
export const converged = (image: string = IMAGE, sidecar: string = sample.images.sidecar): Partial<Observation> => {
  const statefulSet = Result.getOrThrow(
    StatefulSet.generate(node({ spec: { image, sidecar: { image: sidecar } } }), sample, { replicas: 1 })
  )
  return {
    statefulSet: owned("StatefulSet", "node-0", {
      spec: roundTrip(statefulSet.spec),
      status: { observedGeneration: 1, updateRevision: "r1", currentRevision: "r1", replicas: 1, updatedReplicas: 1 }
    }),
    service: owned("Service", "node-0"),
    proxyConfig: owned("ConfigMap", "node-0-rbac-proxy-config"),
    pvc: owned("PersistentVolumeClaim", "data-node-0"),
    pods: [pod("r1", image, sidecar)],
    sidecar: { _tag: "Ready" }
  }
}

/** The pod of `node-0` at a revision. */
export const pod = (revision: string, image: string = IMAGE, sidecar: string = sample.images.sidecar) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "node-0-0",
    namespace: "sei",
    uid: `pod-${revision}`,
    resourceVersion: version("1"),
    labels: { "sei.io/node": "node-0", "controller-revision-hash": revision },
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "StatefulSet", name: "node-0", uid: "StatefulSet-uid", controller: true }
    ]
  },
  spec: { initContainers: [{ name: "sei-sidecar", image: sidecar }], containers: [{ name: "seid", image }] },
  status: { phase: "Running" }
})
