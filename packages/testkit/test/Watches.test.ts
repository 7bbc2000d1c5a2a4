/** A controller under test sees what its watches select, and runs when they map a change to an object. */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectCache, ObjectMeta, Requeue, type Watches } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ApiRequest, type ControllerUnderTest, Resources, TestCluster } from "../src/index.ts"
import { definitions, kind } from "./toy/Widgets.ts"

const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")
const OWNER = "example.dev/owner"

const jobKey = (name: string) => ObjectMeta.key(Job, "default", name)

/** Maps a Job to the widget in its label. */
const byOwner: Watches.Watch["map"] = ({ object, previous = object }) =>
  [object, previous].flatMap(({ metadata: { labels, namespace } }) =>
    labels?.[OWNER] === undefined ? [] : [ObjectMeta.key(kind, namespace ?? "", labels[OWNER])]
  )

const jobs = (more: Partial<Watches.Watch> = {}): Watches.Watch => ({
  kind: Job,
  map: byOwner,
  reliedOnBy: "the widget waits for its Job",
  ...more
})

/** The Secret that a widget names in its annotation. */
const secretOf = ({ metadata: { annotations } }: ObjectMeta.KubernetesObject) => annotations?.secret

const references: Watches.References = {
  kinds: [Secret],
  of: (widget) => {
    const name = secretOf(widget)
    return name === undefined ? [] : [ObjectMeta.key(Secret, "default", name)]
  },
  reliedOnBy: "the widget reads its Secret"
}

interface Log {
  /** The reconciled widgets in order, each with the second of its pass: `a at 60`. */
  readonly passes: Array<string>
}

/** Creates a Job for each widget, reads its Secret, and awaits a change: no poll hides a watch that is missing. */
const reconcileWith = ({ passes }: Log) =>
  Effect.fnUntraced(function* (key: ObjectMeta.ObjectKey) {
    const now = yield* Clock.currentTimeMillis
    passes.push(`${key.name} at ${(now / 1000) % 3600}`)
    const [cache, api] = [yield* ObjectCache.ObjectCache, yield* KubernetesApi.KubernetesApi]
    const widget = yield* cache.get(key)
    const secret = Option.getOrUndefined(Option.map(widget, secretOf))
    if (secret !== undefined) yield* cache.get(ObjectMeta.key(Secret, "default", secret))
    const job = yield* cache.get(jobKey(key.name))
    if (Option.isSome(widget) && Option.isNone(job)) {
      const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } }
      const metadata = { name: key.name, labels: { [OWNER]: key.name } }
      const body = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template } }
      yield* api.create(jobKey(key.name), body).pipe(Effect.orDie)
    }
    return { requeue: Requeue.awaitChange, wrote: Option.isNone(job) }
  })

/** A change that somebody makes to an object while every widget awaits a change. */
type Act = Pick<ApiRequest.ApiRequest, "verb" | "name" | "body"> & { readonly kind: ObjectMeta.ObjectKind }

const ACTS_AT = Date.parse("2026-01-01T00:01:00Z")

const controllerUnderTest = (
  watched: Watches.Watches,
  log: Log,
  act?: Act
): ControllerUnderTest.ControllerUnderTest => ({
  kind,
  ...watched,
  definitions,
  harness: ({ server }) => {
    let isDone = act === undefined
    const perform = ({ kind: changed, ...request }: Act) => {
      isDone = true
      log.passes.length = 0
      const format = request.verb === "patch" ? ({ patchFormat: "merge" } as const) : {}
      const resource = Resources.resourceOf(changed)
      const { code } = server.handle({
        ...request,
        ...format,
        ...resource,
        namespace: "default",
        query: {},
        user: "user"
      })
      assert.isBelow(code, 300)
    }
    return {
      start: Effect.succeed(reconcileWith(log)),
      clusterControllers: {
        step: (now) => {
          if (isDone || act === undefined) return { changed: false, nextDueMs: undefined }
          if (now >= ACTS_AT) perform(act)
          return { changed: now >= ACTS_AT, nextDueMs: isDone ? undefined : ACTS_AT }
        }
      }
    }
  }
})

const widget = (name: string, annotations: { readonly [key: string]: string } = {}) => ({
  metadata: { name, annotations },
  spec: { size: 1 }
})

/** The widgets that are reconciled after the change, with the seconds that it took; or the failure. */
const reconciledAfter = (watched: Watches.Watches, act?: Act) =>
  Effect.suspend(() => {
    const log: Log = { passes: [] }
    return TestCluster.run(controllerUnderTest(watched, log, act), (cluster) =>
      Effect.gen(function* () {
        yield* cluster.create(widget("a", { secret: "s" }))
        yield* cluster.create(widget("b"))
        const exit = yield* Effect.exit(cluster.converge())
        return exit._tag === "Failure" ? String(Cause.squash(exit.cause)) : log.passes.join()
      })
    )
  })

const relabel = (owner: string | null): Act => ({
  verb: "patch",
  kind: Job,
  name: "a",
  body: { metadata: { labels: { [OWNER]: owner } } }
})

const createSecret = (name: string): Act => ({
  verb: "create",
  kind: Secret,
  name: "",
  body: { apiVersion: "v1", kind: "Secret", metadata: { name } }
})

describe("a controller under test", () => {
  it.effect("is enqueued by the changes that its watches map, and by no other", () =>
    Effect.gen(function* () {
      const watches = [jobs()]
      assert.strictEqual(yield* reconciledAfter({ watches, references }, relabel("b")), "a at 60,b at 60")
      assert.strictEqual(yield* reconciledAfter({ watches, references }, createSecret("s")), "a at 60")
      assert.strictEqual(yield* reconciledAfter({ watches, references }, createSecret("other")), "")
      assert.strictEqual(yield* reconciledAfter({ watches: [jobs({ map: () => [] })], references }, relabel("b")), "")
    })
  )

  it.effect("is enqueued after a delay where a watch has one", () =>
    Effect.gen(function* () {
      const watches = [jobs({ delay: "5 seconds" })]
      assert.strictEqual(yield* reconciledAfter({ watches, references }, relabel("b")), "a at 65,b at 65")
    })
  )

  it.effect("is enqueued when a Job loses the label by which it is watched, and cannot read the Job any more", () =>
    Effect.gen(function* () {
      const watches = [jobs({ labels: { [OWNER]: true } })]
      assert.include(yield* reconciledAfter({ watches, references }, relabel(null)), 'jobs.batch "a" already exists')
    })
  )

  it.effect("fails when it does not watch the Jobs that it reads, and says what to add", () =>
    Effect.gen(function* () {
      assert.include(
        yield* reconciledAfter({ watches: [], references }),
        "Job default/a was read from the cache, but Job is not watched: add { kind: Job, map: … } to the watches"
      )
    })
  )

  it.effect("fails when it watches its Jobs by a label that it does not write, and says what to write or add", () =>
    Effect.gen(function* () {
      const edit: Act = { verb: "patch", kind, name: "a", body: { spec: { size: 2 } } }
      assert.include(
        yield* reconciledAfter({ watches: [jobs({ labels: { app: true } })], references }, edit),
        "Job default/a was written without the labels that Job is watched with (app), so the cache does not have it: " +
          "write it with these labels, or add { kind: Job, map: … } to the watches without labels"
      )
    })
  )

  it.effect("INV-10: fails when a pass finds work that no watch would have enqueued it for", () =>
    Effect.gen(function* () {
      const deleteJob = (map: Watches.Watch["map"]) =>
        TestCluster.run(controllerUnderTest({ watches: [jobs({ map })], references }, { passes: [] }), (cluster) =>
          Effect.gen(function* () {
            yield* cluster.create(widget("a"))
            yield* cluster.converge()
            yield* cluster.act({ verb: "delete", kind: Job, name: "a", propagationPolicy: "Background" })
            const exit = yield* Effect.exit(cluster.converge())
            return exit._tag === "Failure" ? String(Cause.squash(exit.cause)) : "converged"
          })
        )
      assert.strictEqual(yield* deleteJob(byOwner), "converged")
      assert.include(
        yield* deleteJob(() => []),
        "INV-10: a pass of Widget default/a wrote its status, but the pass before it awaited a change and no watch has " +
          "enqueued the object since: add a watch whose mapping returns it, or a wait that polls"
      )
    })
  )

  it.effect("fails when it reads a Secret that its references leave out", () =>
    Effect.gen(function* () {
      const watches = [jobs()]
      assert.include(yield* reconciledAfter({ watches }), "Secret default/s was read from the cache, but Secret is not")
      assert.include(
        yield* reconciledAfter({ watches, references: { ...references, of: () => [] } }),
        "Secret default/s was read from the cache, but no cached object references it"
      )
    })
  )
})
