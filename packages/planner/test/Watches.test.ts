import { assert, describe, it } from "@effect/vitest"
import * as ObjectMeta from "../src/model/ObjectMeta.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as CacheReads from "../src/watch/CacheReads.ts"
import * as Watches from "../src/watch/Watches.ts"

const { kind } = Fixtures
const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
const Pod = ObjectMeta.namespaced("v1", "Pod", "pods")
const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")
const OWNER = "example.dev/owner"

const keyOf = (name: string) => ObjectMeta.key(kind, "default", name)

const child = (labels: { readonly [label: string]: string }): ObjectMeta.KubernetesObject => ({
  apiVersion: "v1",
  kind: "Job",
  metadata: { name: "c", namespace: "default", uid: "c", resourceVersion: ObjectMeta.ResourceVersion.make("1"), labels }
})

/** Maps a child to the object in its label, now and before. */
const byOwner: Watches.Watch["map"] = ({ object, previous = object }) =>
  [object, previous].flatMap(({ metadata: { labels } }) =>
    labels?.[OWNER] === undefined ? [] : [keyOf(labels[OWNER])]
  )

const watch = (more: Partial<Watches.Watch> = {}): Watches.Watch => ({
  kind: Job,
  map: byOwner,
  reliedOnBy: "tests",
  ...more
})

/** The names that a change of a Job enqueues, with their delays. */
const enqueued = (
  watches: ReadonlyArray<Watches.Watch>,
  change: Partial<Watches.ObjectChange>,
  referrers: ReadonlyArray<string> = []
) =>
  Watches.keysFor(
    { kind, watches },
    { referrers: () => referrers.map(keyOf), all: () => [] },
    { kind: Job, object: child({ [OWNER]: "a" }), previous: undefined, deleted: false, writer: undefined, ...change }
  ).map(({ delay, key }) => `${key.name} after ${delay}`)

describe("the keys of a change", () => {
  it("are those that the watches of its kind map it to, each once, after the shortest delay", () => {
    const others = [watch({ kind: Pod, map: () => [keyOf("pod")] }), watch({ map: () => [keyOf("b"), keyOf("a")] })]
    assert.deepStrictEqual(enqueued([watch({ delay: "5 seconds" }), ...others], {}), ["a after 0", "b after 0"])
    assert.deepStrictEqual(enqueued([watch({ delay: "5 seconds" })], {}), ["a after 5000"])
  })

  it("include the object itself and the objects that reference it", () => {
    assert.deepStrictEqual(enqueued([], { kind }), ["c after 0"])
    assert.deepStrictEqual(enqueued([], { kind: Secret }, ["r"]), ["r after 0"])
    assert.deepStrictEqual(enqueued([], {}), [])
  })

  it("do not include the object whose reconcile wrote the change (INV-5)", () => {
    const both = watch({ map: () => [keyOf("a"), keyOf("b")] })
    assert.deepStrictEqual(enqueued([both], { writer: keyOf("a") }), ["b after 0"])
    assert.deepStrictEqual(enqueued([both], { writer: ObjectMeta.key(Pod, "default", "a") }), [
      "a after 0",
      "b after 0"
    ])
  })

  it("include the previous owner of an object that lost its label", () => {
    const labelled = watch({ labels: { [OWNER]: true } })
    const previous = child({ [OWNER]: "a" })
    assert.deepStrictEqual(enqueued([labelled], { object: child({}), previous }), ["a after 0"])
    assert.deepStrictEqual(enqueued([labelled], { object: child({ [OWNER]: "b" }), previous }), [
      "b after 0",
      "a after 0"
    ])
    assert.deepStrictEqual(enqueued([labelled], { object: child({}), previous: child({}) }), [])
  })

  it("see an object that starts to match labels as new, and one that stops to match as deleted", () => {
    const seen: Array<string> = []
    const recording = watch({
      labels: { [OWNER]: "a" },
      map: ({ deleted, object, previous }) => {
        seen.push(`${object.metadata.labels?.[OWNER]} ${previous === undefined ? "new" : "known"} ${deleted}`)
        return []
      }
    })
    enqueued([recording], { previous: child({ [OWNER]: "b" }) })
    enqueued([recording], { object: child({ [OWNER]: "b" }), previous: child({ [OWNER]: "a" }) })
    assert.deepStrictEqual(seen, ["a new false", "a known true"])
  })
})

describe("watched kinds", () => {
  it("of one kind with different labels are watched without labels", () => {
    const labels = (...selectors: ReadonlyArray<ObjectMeta.LabelSelector>) => {
      const watches = selectors.map((selector) => watch({ labels: selector }))
      return Watches.byKind(Watches.watched([{ kind, watches }])).get("batch/v1/jobs")?.labels
    }
    assert.deepStrictEqual(labels({ a: "1" }, { a: "1" }), { a: "1" })
    assert.isUndefined(labels({ a: "1" }, { a: true }))
    const all = Watches.byKind(Watches.watched([{ kind, watches: [watch({ labels: { a: "1" } }), watch()] }]))
    assert.isTrue(Watches.isUnfiltered(all, Job))
    assert.isFalse(Watches.isUnfiltered(all, Pod))
  })
})

const reads = CacheReads.make(
  Watches.byKind(
    Watches.watched([
      {
        kind,
        watches: [watch(), watch({ kind: Pod, labels: { app: true, tier: "front" } })],
        references: { kinds: [Secret], of: () => [], reliedOnBy: "tests" }
      }
    ])
  )
)

describe("reads of a cache", () => {
  it("are possible of the objects that a watch selects", () => {
    assert.isUndefined(reads.list(kind, {}))
    assert.isUndefined(reads.list(Job, { namespace: "default" }))
    assert.isUndefined(reads.list(Pod, { labels: { app: "x", tier: "front", more: "y" } }))
    assert.isUndefined(reads.get(ObjectMeta.key(Job, "default", "j"), false))
    assert.isUndefined(reads.get(ObjectMeta.key(Secret, "default", "s"), true))
  })

  it("of anything else say what to add", () => {
    const Service = ObjectMeta.namespaced("v1", "Service", "services")
    assert.strictEqual(
      reads.get(ObjectMeta.key(Service, "default", "s"), false),
      "Service default/s was read from the cache, but Service is not watched: " +
        "add { kind: Service, map: … } to the watches"
    )
    assert.strictEqual(
      reads.list(Pod, { namespace: "default", labels: { app: "x", tier: "back" } }),
      'Pod was listed from the cache in namespace "default" by labels "app=x,tier=back", but it is watched with labels ' +
        '"app,tier=front": list with these labels, or add { kind: Pod, map: … } to the watches without labels'
    )
    assert.isDefined(reads.list(Pod, { labels: { tier: "front" } }))
    assert.include(reads.get(ObjectMeta.key(Secret, "default", "s"), false) ?? "", "no cached object references it")
  })

  it("of an object that was written without the labels of its watch fail until it is written with them or deleted", () => {
    const pod = (name: string) => ObjectMeta.key(Pod, "default", name)
    reads.wrote(pod("p"), child({ app: "x" }))
    assert.include(
      reads.absent(pod("p")) ?? "",
      "Pod default/p was written without the labels that Pod is watched with"
    )
    reads.wrote(pod("p"), child({ app: "x", tier: "front" }))
    assert.isUndefined(reads.absent(pod("p")))
    reads.wrote(pod("p"), child({}))
    reads.wrote(pod("p"), undefined)
    assert.isUndefined(reads.absent(pod("p")))
  })

  it("remember the newest thousand objects that were written without labels", () => {
    const name = (index: number) => ObjectMeta.key(Pod, "default", `p-${index}`)
    for (let index = 0; index <= 1_000; index++) reads.wrote(name(index), child({}))
    assert.isUndefined(reads.absent(name(0)))
    assert.isDefined(reads.absent(name(1)))
  })
})
