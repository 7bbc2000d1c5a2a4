/** Mutants of packages/k8s-adapter. */
import type { Mutant } from "../Mutant.ts"

const store = "packages/k8s-adapter/src/cache/Store.ts"
const reflector = "packages/k8s-adapter/src/cache/Reflector.ts"
const watcher = "packages/k8s-adapter/src/cache/Watcher.ts"
const informerCache = "packages/k8s-adapter/src/cache/InformerCache.ts"
const client = "packages/k8s-adapter/src/client/Client.ts"
const listPager = "packages/k8s-adapter/src/client/ListPager.ts"
const responses = "packages/k8s-adapter/src/client/Responses.ts"
const liveKubernetes = "packages/k8s-adapter/src/services/LiveKubernetes.ts"
const controller = "packages/k8s-adapter/src/controller/Controller.ts"
const watches = "packages/planner/src/watch/Watches.ts"
const workQueue = "packages/k8s-adapter/src/controller/WorkQueue.ts"

export const adapter: ReadonlyArray<Mutant> = [
  {
    id: "stores-no-own-writes",
    story: "does not store the response to a write; the cache lags until the watch event arrives",
    kind: "stale read",
    by: "Store",
    file: store,
    search: "const newest = this.#put(object)\n    const history",
    replace: "const newest = this.#current(object)\n    const history"
  },
  {
    id: "keeps-missing-objects",
    story: "adds the objects of a new list to the cache without deleting those that are not in it",
    kind: "missed event",
    by: "Store",
    file: store,
    search: "...missing.flatMap((object) => this.#remove(object, version)),",
    replace: ""
  },
  {
    id: "restores-deleted-objects",
    story: "ignores tombstones: a late event brings a deleted object back",
    kind: "stale read",
    by: "Store",
    file: store,
    search: "if (this.#isDeleted(object)) return []\n    const history",
    replace: "const history"
  },
  {
    id: "replaces-newer-objects",
    story: "stores what arrived last, although its resourceVersion is older",
    kind: "stale read",
    by: "Store",
    file: store,
    search: "return isNewer ? this.#index.put(object) : current",
    replace: "return this.#index.put(object)"
  },
  {
    id: "drops-concurrent-change",
    story: "treats the response to an apply as its own write alone, although another writer changed the object as well",
    kind: "missed event",
    by: "LiveKubernetes",
    file: liveKubernetes,
    search: "(_, status) => status === 201",
    replace: "() => true"
  },
  {
    id: "ignores-http-410",
    story: "treats the status 410 as a broken connection",
    kind: "missed event",
    by: "Watcher",
    file: watcher,
    search: 'if (status === 410) return expired("HTTP 410")\n',
    replace: ""
  },
  {
    id: "ignores-expired-event",
    story: "treats an ERROR event with code 410 as a broken connection",
    kind: "missed event",
    by: "Watcher",
    file: watcher,
    search: "return isExpired ? expired(message) : failed(version, message)",
    replace: "return failed(version, message)"
  },
  {
    id: "resumes-from-list",
    story: "resumes a watch from the resourceVersion of the list instead of the last event",
    kind: "stale read",
    by: "Watcher",
    file: watcher,
    search: "    version = object.value.metadata.resourceVersion\n",
    replace: ""
  },
  {
    id: "emits-bookmarks",
    story: "emits a bookmark as a change of an object",
    kind: "wrong status",
    by: "Watcher",
    file: watcher,
    search: 'if (event.type === "BOOKMARK") {',
    replace: 'if (event.type === "DELETED" && version === "") {'
  },
  {
    id: "skips-undecodable-events",
    story: "skips an event that cannot be decoded instead of listing again",
    kind: "missed event",
    by: "Watcher",
    file: watcher,
    search:
      'if (Option.isNone(object)) return { events, version, end: expired("event has an object without metadata") }',
    replace: "if (Option.isNone(object)) continue"
  },
  {
    id: "reads-first-page-only",
    story: "ignores the continue token of a list",
    kind: "missed event",
    by: "Watcher",
    file: listPager,
    search: 'if (more === undefined || more === "") return',
    replace: "return"
  },
  {
    id: "runs-key-twice",
    story: "removes the entry of a key when its run starts, so that a second run can start beside it",
    kind: "concurrent use",
    by: "WorkQueue",
    file: workQueue,
    search: 'entry.phase = "running"\n',
    replace: 'entry.phase = "running"\n    state.entries.delete(key)\n'
  },
  {
    id: "forgets-add-during-run",
    story: "overwrites the due time of a key that was added while it ran",
    kind: "missed event",
    by: "WorkQueue",
    file: workQueue,
    search: "entry.due = Math.min(entry.due, now + delay)",
    replace: "entry.due = now + delay"
  },
  {
    id: "ignores-requeue-after",
    story: "does not run a key again that asked for a delay",
    kind: "missing requeue",
    by: "WorkQueue",
    file: workQueue,
    search: 'return { delay: Duration.toMillis(next.delay), phase: "waiting" }',
    replace: 'return { delay: NEVER, phase: "waiting" }'
  },
  {
    id: "drops-failed-keys",
    story: "does not run a key again whose run failed",
    kind: "missing requeue",
    by: "WorkQueue",
    file: workQueue,
    search: 'delay: Duration.toMillis(Retry.failureDelay(extendStreak(entry, "Failed")))',
    replace: 'delay: extendStreak(entry, "Failed") < 0 ? 0 : NEVER'
  },
  {
    id: "polls-without-back-off",
    story: "polls with the shortest delay forever",
    kind: "unbounded retry",
    by: "WorkQueue",
    file: workQueue,
    search: "Retry.pollDelay(repeats)",
    replace: "Retry.pollDelay(0)"
  },
  {
    id: "repeats-writes",
    story: "repeats writes, and not only reads, when the server answers 429",
    kind: "double submission",
    by: "Client",
    file: client,
    search: 'const busy = request.method === "GET" && (',
    replace: "const busy = ("
  },
  {
    id: "treats-conflict-as-deleted",
    story: "treats a delete whose precondition failed as done",
    kind: "failure as success",
    by: "INV-11",
    file: liveKubernetes,
    search: "if (Responses.isAbsent(response)) return deleted",
    replace: "if (Responses.isAbsent(response) || response.status === 409) return deleted"
  },
  {
    id: "treats-errors-as-success",
    story: "accepts the responses 4xx and 5xx",
    kind: "failure as success",
    by: "LiveKubernetes",
    file: responses,
    search: "response.status >= 200 && response.status < 300",
    replace: "response.status >= 200"
  },
  {
    id: "rejects-on-conflict",
    story: "treats the status 409 as final, like other 4xx",
    kind: "wrong status",
    by: "LiveKubernetes",
    file: responses,
    search: '? code !== "AlreadyExists" :',
    replace: '? code === "" :'
  },
  {
    id: "patches-without-version",
    story: "leaves the resourceVersion out of a patch",
    kind: "lost update",
    by: "INV-3",
    file: liveKubernetes,
    search: "body: { ...change, metadata: { ...change.metadata, resourceVersion: expected } }",
    replace: "body: change"
  },
  {
    id: "deletes-without-uid",
    story: "sends a delete without preconditions",
    kind: "unchecked delete",
    by: "INV-11",
    file: liveKubernetes,
    search: 'kind: "DeleteOptions", preconditions, propagationPolicy',
    replace: 'kind: "DeleteOptions", propagationPolicy'
  },
  {
    id: "orphans-dependents",
    story: "deletes an object without its dependents",
    kind: "orphaned child",
    by: "INV-11",
    file: liveKubernetes,
    search: 'propagationPolicy: "Background"',
    replace: 'propagationPolicy: "Orphan"'
  },
  {
    id: "empties-finalizers",
    story: "removes the finalizers of other controllers together with its own",
    kind: "lost update",
    by: "INV-13",
    file: liveKubernetes,
    search: "finalizers.filter((name) => name !== finalizer)",
    replace: "[]"
  },
  {
    id: "enqueues-own-writes",
    story: "enqueues an object again for the write of its own reconcile",
    kind: "needless write",
    by: "INV-5",
    file: watches,
    search: "if (writer !== undefined && isSameKind(kind, writer.kind)) enqueued.delete(keyText(writer))\n",
    replace: ""
  },
  {
    id: "starts-before-sync",
    story: "starts a controller before every watched kind is listed",
    kind: "stale read",
    by: "Controller",
    file: controller,
    search: "    yield* informerCache.ready\n",
    replace: ""
  },
  {
    id: "hides-own-writes-from-cache",
    story: "does not report the result of a write to the cache",
    kind: "stale read",
    by: "ObjectCache (the adapter on the emulated API server)",
    file: informerCache,
    search: "store.endWrite(namespacedName({ metadata: key }), result, writer)",
    replace: "store.endWrite(namespacedName({ metadata: key }), undefined, writer)"
  },
  {
    id: "ignores-deleted-events",
    story: "ignores DELETED events; only the next list removes deleted objects",
    kind: "missed event",
    by: "ReferenceWatches objects",
    file: reflector,
    search: "return store.delete(event.object)",
    replace: "return []"
  },
  {
    id: "rejects-on-lost-response",
    story: "treats a broken connection as a rejection by the server",
    kind: "wrong status",
    by: "HttpFaults",
    file: liveKubernetes,
    search: "failure(verb, key)(new KubernetesApi.Unavailable({ message }))",
    replace: 'failure(verb, key)(new KubernetesApi.Rejected({ status: 500, code: "Unknown", message }))'
  },
  {
    id: "starts-without-a-kind",
    story: "starts the controllers after 30 seconds, although a kind could not be listed yet",
    kind: "stale read",
    by: "starts no reconcile before the first list",
    file: informerCache,
    search: "({ synced }) => Deferred.await(synced), {",
    replace: '({ synced }) => Effect.timeoutOption(Deferred.await(synced), "30 seconds"), {'
  },
  {
    id: "interrupts-readded-runs",
    story: "interrupts a run at once when the queue closes, if its key was added again meanwhile",
    kind: "failure as success",
    by: "WorkQueue",
    file: workQueue,
    search: 'entries.flatMap(({ fiber, phase }) => (fiber !== undefined && (phase === "running") === running',
    replace:
      'entries.flatMap(({ fiber, phase, readded }) => (fiber !== undefined && (phase === "running" && !readded) === running'
  },
  {
    id: "drops-delays-during-runs",
    story: "forgets a delay that is added while its key runs",
    kind: "missing requeue",
    by: "WorkQueue",
    file: workQueue,
    search: "entry.due = Math.min(entry.due, now + delay)",
    replace: "entry.due = entry.readded ? now : now + delay"
  },
  {
    id: "gives-up-failing-keys",
    story: "forgets a key after sixteen failed runs in a row",
    kind: "missing requeue",
    by: "WorkQueue",
    file: workQueue,
    search: "      reschedule(entry, exit, now)\n",
    replace:
      '      reschedule(entry, exit, now)\n      if (entry.streak.end === "Failed" && entry.streak.length >= 16) break\n'
  }
]
