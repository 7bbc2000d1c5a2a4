/** Mistakes in packages/k8s-adapter. */
import type { Mutant } from "../Mutant.ts"

export const adapter: ReadonlyArray<Mutant> = [
  {
    id: "forgets-own-writes",
    story: "leaves what it wrote to the watch to tell",
    kind: "stale view",
    by: "Store",
    file: "packages/k8s-adapter/src/cache/Store.ts",
    search: "const known = this.#put(object)\n    const trail",
    replace: "const known = this.#known(object)\n    const trail"
  },
  {
    id: "keeps-ghosts",
    story: "adds what a new list has to what was known",
    kind: "missed news",
    by: "Store",
    file: "packages/k8s-adapter/src/cache/Store.ts",
    search: "...gone.flatMap((object) => this.#drop(object, version)),",
    replace: ""
  },
  {
    id: "revives-the-deleted",
    story: "believes every event",
    kind: "stale view",
    by: "Store",
    file: "packages/k8s-adapter/src/cache/Store.ts",
    search: "if (this.#isDeleted(object)) return []\n    const trail",
    replace: "const trail"
  },
  {
    id: "goes-back-in-time",
    story: "takes what came last for what is newest",
    kind: "stale view",
    by: "Store",
    file: "packages/k8s-adapter/src/cache/Store.ts",
    search: "return newer ? this.#index.put(object) : known",
    replace: "return this.#index.put(object)"
  },
  {
    id: "swallows-what-others-wrote",
    story: "takes the answer to its apply for its own work alone",
    kind: "missed news",
    by: "LiveKubernetes",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "(_, status) => status === 201",
    replace: "() => true"
  },
  {
    id: "overlooks-forgotten-versions",
    story: "takes 410 for a broken connection",
    kind: "missed news",
    by: "Watcher",
    file: "packages/k8s-adapter/src/cache/Watcher.ts",
    search: 'if (status === 410) return expired("HTTP 410")\n',
    replace: ""
  },
  {
    id: "hears-of-no-expiry",
    story: "takes the end of a version within a watch for a broken connection",
    kind: "missed news",
    by: "Watcher",
    file: "packages/k8s-adapter/src/cache/Watcher.ts",
    search: "return forgotten ? expired(why) : failed(version, why)",
    replace: "return failed(version, why)"
  },
  {
    id: "resumes-from-the-list",
    story: "goes on from where the last list was",
    kind: "stale view",
    by: "Watcher",
    file: "packages/k8s-adapter/src/cache/Watcher.ts",
    search: "    version = object.value.metadata.resourceVersion\n",
    replace: ""
  },
  {
    id: "takes-bookmarks-for-objects",
    story: "hears of an object where the server only tells how far it is",
    kind: "false report",
    by: "Watcher",
    file: "packages/k8s-adapter/src/cache/Watcher.ts",
    search: 'if (event.type === "BOOKMARK") {',
    replace: 'if (event.type === "DELETED" && version === "") {'
  },
  {
    id: "skips-what-it-cannot-read",
    story: "leaves out an event that it cannot read",
    kind: "missed news",
    by: "Watcher",
    file: "packages/k8s-adapter/src/cache/Watcher.ts",
    search: 'if (Option.isNone(object)) return { changes, version, ending: expired("an event with a broken object") }',
    replace: "if (Option.isNone(object)) continue"
  },
  {
    id: "reads-the-first-page",
    story: "takes the first page for the whole list",
    kind: "missed news",
    by: "Watcher",
    file: "packages/k8s-adapter/src/Pages.ts",
    search: 'if (more === undefined || more === "") return',
    replace: "return"
  },
  {
    id: "runs-a-key-twice",
    story: "forgets a key once it runs",
    kind: "concurrent work",
    by: "WorkQueue",
    file: "packages/k8s-adapter/src/controller/WorkQueue.ts",
    search: 'entry.phase = "running"\n',
    replace: 'entry.phase = "running"\n    state.entries.delete(key)\n'
  },
  {
    id: "loses-an-offer",
    story: "lets a run decide alone when its key runs next",
    kind: "missed news",
    by: "WorkQueue",
    file: "packages/k8s-adapter/src/controller/WorkQueue.ts",
    search: "entry.due = Math.min(entry.due, now + delay)",
    replace: "entry.due = now + delay"
  },
  {
    id: "forgets-a-delay",
    story: "leaves a key alone that asked for a later look",
    kind: "forgotten requeue",
    by: "WorkQueue",
    file: "packages/k8s-adapter/src/controller/WorkQueue.ts",
    search: 'return { delay: Duration.toMillis(next.delay), phase: "waiting" }',
    replace: 'return { delay: Number.POSITIVE_INFINITY, phase: "waiting" }'
  },
  {
    id: "gives-up-on-failures",
    story: "runs a key no more that failed",
    kind: "forgotten requeue",
    by: "WorkQueue",
    file: "packages/k8s-adapter/src/controller/WorkQueue.ts",
    search: 'delay: Math.min(30_000, 100 * 2 ** again(entry, "Failed"))',
    replace: 'delay: again(entry, "Failed") < 0 ? 0 : Number.POSITIVE_INFINITY'
  },
  {
    id: "polls-without-pause",
    story: "polls at the shortest wait for ever",
    kind: "unbounded retry",
    by: "WorkQueue",
    file: "packages/k8s-adapter/src/controller/WorkQueue.ts",
    search: "Math.min(5000, 100 * 2 ** before)",
    replace: "Math.min(100, 100 * 2 ** before)"
  },
  {
    id: "repeats-writes",
    story: "repeats any request that the server was too busy for",
    kind: "double submission",
    by: "Client",
    file: "packages/k8s-adapter/src/client/Client.ts",
    search: 'const busy = request.method === "GET" && (',
    replace: "const busy = ("
  },
  {
    id: "takes-conflict-for-gone",
    story: "takes a delete that lost its race for done",
    kind: "failure as success",
    by: "INV-11",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "if (answer.status === 404) return gone",
    replace: "if (answer.status === 404 || answer.status === 409) return gone"
  },
  {
    id: "takes-errors-for-answers",
    story: "takes every answer for a good one",
    kind: "failure as success",
    by: "LiveKubernetes",
    file: "packages/k8s-adapter/src/Answers.ts",
    search: "answer.status >= 200 && answer.status < 300",
    replace: "answer.status >= 200"
  },
  {
    id: "takes-a-lost-race-for-a-no",
    story: "takes 409 for final, like any other 4xx",
    kind: "false report",
    by: "LiveKubernetes",
    file: "packages/k8s-adapter/src/Answers.ts",
    search: 'if (answer.status === 409 && code !== "AlreadyExists")',
    replace: 'if (answer.status === 409 && code === "")'
  },
  {
    id: "writes-on-any-version",
    story: "leaves the version out of a patch",
    kind: "lost update",
    by: "INV-3",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "body: { ...change, metadata: { ...change.metadata, resourceVersion: expected } }",
    replace: "body: change"
  },
  {
    id: "deletes-without-uid",
    story: "deletes by name",
    kind: "unchecked delete",
    by: "INV-11",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: 'kind: "DeleteOptions", preconditions, propagationPolicy',
    replace: 'kind: "DeleteOptions", propagationPolicy'
  },
  {
    id: "orphans-dependents",
    story: "deletes an object and leaves what belongs to it",
    kind: "orphaned child",
    by: "INV-11",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: 'propagationPolicy: "Background"',
    replace: 'propagationPolicy: "Orphan"'
  },
  {
    id: "empties-finalizers",
    story: "takes every finalizer off to get rid of an object",
    kind: "lost update",
    by: "INV-13",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "finalizers.filter((each) => each !== finalizer)",
    replace: "[]"
  },
  {
    id: "wakes-itself",
    story: "looks again after each of its own writes",
    kind: "write at rest",
    by: "INV-5",
    file: "packages/k8s-adapter/src/controller/Controller.ts",
    search: "if (news.by !== undefined && isSame(kind, news.by.kind)) keys.delete(nameOf({ metadata: news.by }))\n",
    replace: ""
  },
  {
    id: "starts-half-informed",
    story: "begins before every kind was listed",
    kind: "stale view",
    by: "Controller",
    file: "packages/k8s-adapter/src/controller/Controller.ts",
    search: "    yield* live.ready\n",
    replace: ""
  },
  {
    id: "tells-nobody-what-it-wrote",
    story: "leaves it to the watch to bring its own writes back",
    kind: "stale view",
    by: "ObjectCache (the adapter on the server in memory)",
    file: "packages/k8s-adapter/src/cache/InformerCache.ts",
    search: "tell(holding(key).flatMap((shelf) => shelf.end(nameOf({ metadata: key }), written, by)))",
    replace: "tell(holding(key).flatMap((shelf) => shelf.end(nameOf({ metadata: key }), undefined, by)))"
  },
  {
    id: "hears-of-no-deletion",
    story: "finds out with the next list who is gone",
    kind: "missed news",
    by: "ReferenceWatches objects",
    file: "packages/k8s-adapter/src/cache/Reflector.ts",
    search: "return shelf.deleted(change.object)",
    replace: "return []"
  },
  {
    id: "takes-a-lost-answer-for-a-no",
    story: "takes a broken connection for a refusal",
    kind: "false report",
    by: "HttpFaults",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "failure(verb, key)(new KubernetesApi.Unavailable({ message }))",
    replace: 'failure(verb, key)(new KubernetesApi.Rejected({ status: 500, code: "Unknown", message }))'
  }
]
