/**
 * Lists and watches the objects of one kind, as a stream that never ends. It corresponds to client-go's `ListAndWatch`
 * and to kube-rs' `watcher`.
 *
 * The watcher lists the collection once and starts a watch at the resourceVersion of the list. From there:
 *
 * - **A watch ends**, because its `timeoutSeconds` are over or because the connection broke: the next watch starts at
 *   the resourceVersion of the last event or bookmark. No list is needed, and no event is missed.
 * - **The connection is silent** for 70 s: it is closed like a broken one. Bookmarks arrive about once a minute even
 *   when no object changes, so silence means that the connection is dead.
 * - **410 Gone**, as the HTTP status or as an `ERROR` event with reason `Expired` or `Gone`: etcd has compacted the
 *   resourceVersion, so events since then are lost. The watcher lists again and emits `Relisted`, from which the reader
 *   finds out what was deleted meanwhile.
 * - **An event cannot be decoded:** the watcher lists again, because it cannot know what the event said.
 * - **A list or a watch fails** in any other way: it is retried after a back-off, a watch from where it was.
 */
import { ObjectMeta } from "@portolan/planner"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Client, type StreamingResponse, TransportFailed } from "../client/Client.ts"
import * as EventLines from "../client/EventLines.ts"
import * as ListPager from "../client/ListPager.ts"
import * as ResourcePath from "../client/ResourcePath.ts"
import * as Responses from "../client/Responses.ts"

export type Event =
  /** `ADDED` or `MODIFIED`. */
  | { readonly _tag: "Applied"; readonly object: ObjectMeta.KubernetesObject }
  /** `DELETED`: deleted, or not matched by the selector any more. Carries the last state. */
  | { readonly _tag: "Deleted"; readonly object: ObjectMeta.KubernetesObject }
  /** All objects at one resourceVersion. An object that is not among them does not exist. */
  | ({ readonly _tag: "Relisted" } & ListPager.ObjectList)

export interface Options {
  readonly kind: ObjectMeta.ObjectKind
  readonly selection?: ResourcePath.Selection
  readonly timing?: Timing
}

export interface Timing {
  /** How long a watch may deliver nothing before its connection is closed. Default: 70 s. */
  readonly silence?: Duration.Input
}

/**
 * The stream of events. It never ends and never fails: failures are logged and retried after 100 ms to 30 s.
 *
 * Resource versions increase, except after etcd was restored from a backup. A slow reader slows the connection down,
 * and no event is dropped.
 */
export const events = ({ kind, selection = {}, timing = {} }: Options): Stream.Stream<Event, never, Client> =>
  Stream.callback<Event, never, Client>(
    (out) =>
      Effect.gen(function* () {
        const client = yield* Client
        const silence = Duration.fromInputUnsafe(timing.silence ?? "70 seconds")
        return yield* run({ client, kind, selection, silence, out })
      }).pipe(Effect.annotateLogs({ watcher: describe(kind, selection) })),
    { bufferSize: 1024, strategy: "suspend" }
  )

const describe = (kind: ObjectMeta.ObjectKind, { name, namespace = "" }: ResourcePath.Selection): string =>
  name === undefined ? kind.kind : ObjectMeta.keyText(ObjectMeta.key(kind, namespace, name))

interface ListWatch {
  readonly client: Client["Service"]
  readonly kind: ObjectMeta.ObjectKind
  readonly selection: ResourcePath.Selection
  readonly silence: Duration.Duration
  readonly out: Queue.Queue<Event, Cause.Done>
}

/** How one watch ended. `version` is where the next one starts. */
type WatchEnd =
  /** The response ended normally. */
  | { readonly _tag: "Ended"; readonly version: ObjectMeta.ResourceVersion }
  /** No watch can continue from there; list again. */
  | { readonly _tag: "Expired"; readonly message: string }
  | { readonly _tag: "Failed"; readonly version: ObjectMeta.ResourceVersion; readonly message: string }

/** A watch that lasted this long, or that advanced the resourceVersion, resets the back-off. */
const HEALTHY_MS = 5_000
const BACKOFF_MAX_MS = 30_000

const run = (listWatch: ListWatch): Effect.Effect<never> =>
  Effect.gen(function* () {
    let version: ObjectMeta.ResourceVersion | undefined
    let failures = 0
    while (true) {
      if (version === undefined) {
        const listed: Option.Option<ObjectMeta.ResourceVersion> = yield* relist(listWatch)
        if (Option.isNone(listed)) {
          yield* backOff(failures++)
          continue
        }
        version = listed.value
      }
      const from: ObjectMeta.ResourceVersion = version
      const startedAt = yield* Clock.currentTimeMillis
      const end: WatchEnd = yield* Effect.scoped(watch(listWatch, from))
      const duration = (yield* Clock.currentTimeMillis) - startedAt
      version = end._tag === "Expired" ? undefined : end.version
      if (duration >= HEALTHY_MS || (version !== undefined && version !== from)) failures = 0
      if (end._tag !== "Ended") yield* Effect.logDebug(`watch ended: ${end.message}`)
      if (end._tag !== "Ended" || duration < HEALTHY_MS) yield* backOff(failures++)
    }
  })

/** 100 ms, 200 ms, … 30 s, reduced by up to a half at random, so that watches do not reconnect all at once. */
const backOff = (failures: number) =>
  Effect.flatMap(Random.nextBetween(0.5, 1), (jitter) =>
    Effect.sleep(Duration.millis(Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(failures, 20)) * jitter))
  )

const relist = (listWatch: ListWatch): Effect.Effect<Option.Option<ObjectMeta.ResourceVersion>> =>
  ListPager.list(listWatch.client, listWatch.kind, listWatch.selection).pipe(
    Effect.tap((list) => Queue.offer(listWatch.out, { _tag: "Relisted", ...list })),
    Effect.map(({ resourceVersion }) => Option.some(resourceVersion)),
    Effect.catch((error) => Effect.as(Effect.logWarning(`cannot list: ${error.message}`), Option.none()))
  )

const watch = (listWatch: ListWatch, from: ObjectMeta.ResourceVersion) =>
  Effect.gen(function* () {
    const seconds = yield* Random.nextIntBetween(270, 310)
    const path = ResourcePath.collection(listWatch.kind, listWatch.selection, {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: from,
      timeoutSeconds: String(seconds)
    })
    const response = yield* Effect.result(unlessSilent(listWatch, listWatch.client.open(path)))
    if (response._tag === "Failure") return failed(from, response.failure.message)
    const { next, status } = response.success
    if (status === 410) return expired("HTTP 410")
    if (status < 200 || status >= 300) return failed(from, `HTTP ${status}`)
    return yield* readEvents(listWatch, next, from)
  })

const readEvents = (
  listWatch: ListWatch,
  next: StreamingResponse["next"],
  from: ObjectMeta.ResourceVersion
): Effect.Effect<WatchEnd> =>
  Effect.gen(function* () {
    const lines = EventLines.splitter()
    let version = from
    while (true) {
      const bytes = yield* Effect.result(unlessSilent(listWatch, next))
      if (bytes._tag === "Failure") return failed(version, bytes.failure.message)
      if (bytes.success === undefined) return { _tag: "Ended", version }
      const parsed = parseEvents(listWatch.kind, lines.push(bytes.success), version)
      version = parsed.version
      if (parsed.events.length > 0) yield* Queue.offerAll(listWatch.out, parsed.events)
      if (parsed.end !== undefined) return parsed.end
    }
  })

/** The events of some lines of a watch, up to the first that ends it, and the resourceVersion after them. */
const parseEvents = (kind: ObjectMeta.ObjectKind, lines: ReadonlyArray<string>, from: ObjectMeta.ResourceVersion) => {
  const events: Array<Event> = []
  let version = from
  for (const line of lines) {
    const event = Option.getOrUndefined(decode(line))
    if (event === undefined) return { events, version, end: expired("line is not a watch event") }
    if (event.type === "ERROR") return { events, version, end: endOfError(event.object, version) }
    if (event.type === "BOOKMARK") {
      version = bookmarkVersion(event.object) ?? version
      continue
    }
    const object = Responses.object(event.object, kind)
    if (Option.isNone(object)) return { events, version, end: expired("event has an object without metadata") }
    version = object.value.metadata.resourceVersion
    events.push({ _tag: event.type === "DELETED" ? "Deleted" : "Applied", object: object.value })
  }
  return { events, version, end: undefined }
}

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({
      type: Schema.Literals(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]),
      object: Schema.Unknown
    })
  )
)

const isBookmark = Schema.is(
  Schema.Struct({ metadata: Schema.Struct({ resourceVersion: ObjectMeta.ResourceVersion }) })
)

const bookmarkVersion = (object: unknown): ObjectMeta.ResourceVersion | undefined =>
  isBookmark(object) ? object.metadata.resourceVersion : undefined

/** An `ERROR` event carries a `Status`. */
const endOfError = (object: unknown, version: ObjectMeta.ResourceVersion): WatchEnd => {
  const status = Option.getOrUndefined(Responses.status(object))
  const message = status?.message ?? "ERROR event without a message"
  const isExpired = status?.code === 410 || status?.reason === "Expired" || status?.reason === "Gone"
  return isExpired ? expired(message) : failed(version, message)
}

/** Fails when an effect takes as long as a connection may be silent. */
const unlessSilent = <A, R>(listWatch: ListWatch, effect: Effect.Effect<A, TransportFailed, R>) =>
  Effect.timeoutOrElse(effect, {
    duration: listWatch.silence,
    orElse: () =>
      Effect.fail(new TransportFailed({ message: `nothing received for ${Duration.format(listWatch.silence)}` }))
  })

const expired = (message: string): WatchEnd => ({ _tag: "Expired", message })

const failed = (version: ObjectMeta.ResourceVersion, message: string): WatchEnd => ({
  _tag: "Failed",
  version,
  message
})
