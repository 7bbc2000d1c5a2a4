/** Mutants of what controllers watch, and of what caches answer. */
import type { Mutant } from "../Mutant.ts"

const nodeWatches = "packages/sei/src/node/reconcile/Watches.ts"
const observe = "packages/sei/src/node/reconcile/Observe.ts"
const checkPreconditions = "packages/sei/src/node/tasks/CheckPreconditions.ts"
const watches = "packages/planner/src/watch/Watches.ts"
const cacheReads = "packages/planner/src/watch/CacheReads.ts"
const informerCache = "packages/k8s-adapter/src/cache/InformerCache.ts"
const app = "apps/controller/src/kinds/SeiNode.ts"

export const watching: ReadonlyArray<Mutant> = [
  {
    id: "watches-all-pods",
    story: "watches every pod of the cluster, not only those of SeiNodes",
    kind: "needless read",
    by: "Watches of SeiNode",
    file: nodeWatches,
    search: "{ kind: Pod, labels, map: labelledNode,",
    replace: "{ kind: Pod, map: labelledNode,"
  },
  {
    id: "watches-without-selector",
    story: "watches pods and ConfigMaps without a label selector",
    kind: "needless read",
    by: "Watches of SeiNode",
    file: nodeWatches,
    search: "const labels = { [Identity.NODE_LABEL]: true as const }",
    replace: "const labels = {}"
  },
  {
    id: "watches-by-other-label",
    story: "watches pods and ConfigMaps by a label that the bootstrap objects do not have",
    kind: "missed event",
    by: "INV-10",
    file: nodeWatches,
    search: "const labels = { [Identity.NODE_LABEL]: true as const }",
    replace: "const labels = { [Identity.CHAIN_LABEL]: true as const }"
  },
  {
    id: "watches-labelled-volumes",
    story: "watches only labelled PersistentVolumes, so that a node with an imported volume waits forever",
    kind: "missed event",
    by: "INV-10",
    file: nodeWatches,
    search: "{ kind: PersistentVolume, map: usersOfVolume,",
    replace: "{ kind: PersistentVolume, labels, map: usersOfVolume,"
  },
  {
    id: "watches-no-jobs",
    story: "does not watch Jobs",
    kind: "missed event",
    by: "INV-10",
    file: nodeWatches,
    search: '{ kind: Job, map: labelledNode, reliedOnBy: "observation and cleanup: the bootstrap Job" },',
    replace: ""
  },
  {
    id: "maps-no-children",
    story: "does not enqueue a SeiNode when one of its objects changes",
    kind: "missed event",
    by: "Watch mappings of SeiNode",
    file: nodeWatches,
    search: "return name === undefined ? [] : [ObjectMeta.key(SeiNode.resource",
    replace: "return true ? [] : [ObjectMeta.key(SeiNode.resource"
  },
  {
    id: "maps-imported-claims-only",
    story: "does not enqueue a SeiNode when a claim of another owner with the name of its own is deleted",
    kind: "missed event",
    by: "INV-10",
    file: nodeWatches,
    search: "?? generatedClaimName(node.metadata)",
    replace: '?? generatedClaimName({ name: "other" })'
  },
  {
    id: "references-no-secrets",
    story: "does not watch the Secrets that SeiNodes reference",
    kind: "missed event",
    by: "INV-12",
    file: nodeWatches,
    search: "kinds: [Secret],",
    replace: "kinds: [],"
  },
  {
    id: "forgets-previous-owner",
    story: "maps an object that got another label to its new SeiNode only",
    kind: "missed event",
    by: "Watch mappings of SeiNode",
    file: nodeWatches,
    search: "[object, previous].flatMap(({ metadata }) => {\n    const name",
    replace: "[object].flatMap(({ metadata }) => {\n    const name"
  },
  {
    id: "lists-unwatched-pods",
    story: "decides who uses a signing key over all pods in the cache, which has only the pods of SeiNodes",
    kind: "stale read",
    by: "INV-15",
    file: observe,
    search: "cache.list(Pod, { namespace, labels: { [NODE_LABEL]: true } })",
    replace: "cache.list(Pod, { namespace })"
  },
  {
    id: "locks-key-without-live-pods",
    story: "locks a signing key without reading the pods that are not watched",
    kind: "concurrent use",
    by: "INV-15",
    file: checkPreconditions,
    search: "if (keyLock !== undefined || !isReady) return observation",
    replace: "if (true) return observation"
  },
  {
    id: "lists-pods-of-lock-owner",
    story: "lists all pods of the namespace in every pass of a node that owns its lock",
    kind: "needless read",
    by: "INV-15",
    file: checkPreconditions,
    search: "if (keyLock !== undefined || !isReady) return observation",
    replace: "if (!isReady) return observation"
  },
  {
    id: "keeps-first-selector",
    story: "watches a kind with the first of two different label selectors",
    kind: "missed event",
    by: "watched kinds",
    file: watches,
    search: "labels === undefined || !isSameSelector ? {}",
    replace: "labels === undefined ? {}"
  },
  {
    id: "drops-lost-labels",
    story: "does not report an object that loses the label by which it is watched",
    kind: "missed event",
    by: "the keys of a change",
    file: watches,
    search: "return previous === undefined ? undefined : { object: previous, previous, deleted: true }",
    replace: "return undefined"
  },
  {
    id: "answers-wider-lists",
    story: "answers a list of all objects with those that the watch selects",
    kind: "stale read",
    by: "reads of a cache",
    file: cacheReads,
    search: "if (watched !== undefined) return covers(watched, selection) ?",
    replace: "if (watched !== undefined) return true ?"
  },
  {
    id: "answers-unwatched-reads",
    story: "returns nothing for an object of a kind that is not watched, instead of failing",
    kind: "stale read",
    by: "reads of a cache",
    file: cacheReads,
    search: "if (isReferenced || watchedKind(key.kind) !== undefined) return undefined",
    replace: "if (true) return undefined"
  },
  {
    id: "forgets-unselected-writes",
    story: "returns nothing for an object that the process wrote without the labels of its watch",
    kind: "stale read",
    by: "ObjectCache (the adapter on the emulated API server)",
    file: informerCache,
    search: "if (result !== undefined) reads.wrote(",
    replace: "if (false) reads.wrote("
  },
  {
    id: "lists-unchecked",
    story: "lists from the cache of the process whatever is asked for",
    kind: "stale read",
    by: "ObjectCache (the adapter on the emulated API server)",
    file: informerCache,
    search: "const problem = reads.list(kind, selection)",
    replace: "const problem = undefined"
  },
  {
    id: "runs-with-other-watches",
    story: "starts the process without the references that its tests have",
    kind: "missed event",
    by: "SeiNode controller",
    file: app,
    search: "...NodeWatches.watches,",
    replace: "watches: NodeWatches.watches.watches,"
  }
]
