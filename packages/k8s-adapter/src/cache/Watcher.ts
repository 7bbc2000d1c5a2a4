/**
 * What happens to the objects of one kind, as a stream that survives anything: dropped and silent connections, expired
 * versions, servers that are away. It lists, then watches from there; a watch that ends goes on where it ended, and
 * only a version that the server has forgotten leads to another list.
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

export type Change =
  | { readonly _tag: "Applied"; readonly object: ObjectMeta.KubernetesObject }
  /** The object is gone, or is not selected any more; as it was last. */
  | { readonly _tag: "Deleted"; readonly object: ObjectMeta.KubernetesObject }
  /** Everything there is: whatever is not here is gone. */
  | ({ readonly _tag: "Relisted" } & ListPager.Listed)

export interface Options {
  readonly kind: ObjectMeta.ObjectKind
  readonly selection?: ResourcePath.Selection
  readonly timing?: Timing
}

export interface Timing {
  /** A connection that says nothing for this long is dead. Bookmarks come every minute, so 70 s unless told. */
  readonly silence?: Duration.Input
}

/**
 * Never ends and never fails; what goes wrong is logged and tried again after 100 ms to 30 s. A slow reader slows the
 * connection down and loses nothing. Every change is newer than those before it, unless the server's store was reset.
 */
export const events = ({ kind, selection = {}, timing = {} }: Options): Stream.Stream<Change, never, Client> =>
  Stream.callback<Change, never, Client>(
    (out) =>
      Effect.gen(function* () {
        const client = yield* Client
        const silence = Duration.fromInputUnsafe(timing.silence ?? "70 seconds")
        return yield* run({ client, kind, selection, silence, out })
      }).pipe(Effect.annotateLogs({ informer: textOf(kind, selection) })),
    { bufferSize: 1024, strategy: "suspend" }
  )

const textOf = (kind: ObjectMeta.ObjectKind, { name, namespace = "" }: ResourcePath.Selection): string =>
  name === undefined ? kind.kind : ObjectMeta.keyText(ObjectMeta.key(kind, namespace, name))

interface ListWatch {
  readonly client: Client["Service"]
  readonly kind: ObjectMeta.ObjectKind
  readonly selection: ResourcePath.Selection
  readonly silence: Duration.Duration
  readonly out: Queue.Queue<Change, Cause.Done>
}

/** How one watch ended. */
type Ending =
  /** As planned, or by a broken connection: goes on from `version`. */
  | { readonly _tag: "Ended"; readonly version: ObjectMeta.ResourceVersion }
  /** Nobody can go on from there: list again. */
  | { readonly _tag: "Expired"; readonly why: string }
  | { readonly _tag: "Failed"; readonly version: ObjectMeta.ResourceVersion; readonly why: string }

/** A watch that lasted this long did its work, whatever came. */
const HEALTHY_MS = 5_000
const BACKOFF_MAX_MS = 30_000

const run = (feed: ListWatch): Effect.Effect<never> =>
  Effect.gen(function* () {
    let version: ObjectMeta.ResourceVersion | undefined
    let failures = 0
    while (true) {
      if (version === undefined) {
        const listed: Option.Option<ObjectMeta.ResourceVersion> = yield* relist(feed)
        if (Option.isNone(listed)) {
          yield* backOff(failures++)
          continue
        }
        version = listed.value
      }
      const from: ObjectMeta.ResourceVersion = version
      const began = yield* Clock.currentTimeMillis
      const ending: Ending = yield* Effect.scoped(watch(feed, from))
      const lasted = (yield* Clock.currentTimeMillis) - began
      version = ending._tag === "Expired" ? undefined : ending.version
      if (lasted >= HEALTHY_MS || (version !== undefined && version !== from)) failures = 0
      if (ending._tag !== "Ended") yield* Effect.logDebug(`watch ended: ${ending.why}`)
      if (ending._tag !== "Ended" || lasted < HEALTHY_MS) yield* backOff(failures++)
    }
  })

/** 100 ms, 200 ms, … 30 s, less up to a half, so that informers do not knock in step. */
const backOff = (failures: number) =>
  Effect.flatMap(Random.nextBetween(0.5, 1), (jitter) =>
    Effect.sleep(Duration.millis(Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(failures, 20)) * jitter))
  )

const relist = (feed: ListWatch): Effect.Effect<Option.Option<ObjectMeta.ResourceVersion>> =>
  ListPager.list(feed.client, feed.kind, feed.selection).pipe(
    Effect.tap((listed) => Queue.offer(feed.out, { _tag: "Relisted", ...listed })),
    Effect.map(({ resourceVersion }) => Option.some(resourceVersion)),
    Effect.catch((error) => Effect.as(Effect.logWarning(`cannot list: ${error.message}`), Option.none()))
  )

const watch = (feed: ListWatch, from: ObjectMeta.ResourceVersion) =>
  Effect.gen(function* () {
    const seconds = yield* Random.nextIntBetween(270, 310)
    const path = ResourcePath.collection(feed.kind, feed.selection, {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: from,
      timeoutSeconds: String(seconds)
    })
    const opened = yield* Effect.result(orSilent(feed, feed.client.open(path)))
    if (opened._tag === "Failure") return failed(from, opened.failure.message)
    const { next, status } = opened.success
    if (status === 410) return expired("HTTP 410")
    if (status < 200 || status >= 300) return failed(from, `HTTP ${status}`)
    return yield* read(feed, next, from)
  })

const read = (
  feed: ListWatch,
  next: StreamingResponse["next"],
  from: ObjectMeta.ResourceVersion
): Effect.Effect<Ending> =>
  Effect.gen(function* () {
    const lines = EventLines.splitter()
    let version = from
    while (true) {
      const bytes = yield* Effect.result(orSilent(feed, next))
      if (bytes._tag === "Failure") return failed(version, bytes.failure.message)
      if (bytes.success === undefined) return { _tag: "Ended", version }
      const received = parseEvents(feed.kind, lines.push(bytes.success), version)
      version = received.version
      if (received.changes.length > 0) yield* Queue.offerAll(feed.out, received.changes)
      if (received.ending !== undefined) return received.ending
    }
  })

/** What some lines of a watch say, up to the first that ends it. */
const parseEvents = (kind: ObjectMeta.ObjectKind, lines: ReadonlyArray<string>, from: ObjectMeta.ResourceVersion) => {
  const changes: Array<Change> = []
  let version = from
  for (const line of lines) {
    const event = Option.getOrUndefined(decode(line))
    if (event === undefined) return { changes, version, ending: expired("an event that is not one") }
    if (event.type === "ERROR") return { changes, version, ending: ended(event.object, version) }
    if (event.type === "BOOKMARK") {
      version = bookmarked(event.object) ?? version
      continue
    }
    const object = Responses.object(event.object, kind)
    if (Option.isNone(object)) return { changes, version, ending: expired("an event with a broken object") }
    version = object.value.metadata.resourceVersion
    changes.push({ _tag: event.type === "DELETED" ? "Deleted" : "Applied", object: object.value })
  }
  return { changes, version, ending: undefined }
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

const bookmarked = (object: unknown): ObjectMeta.ResourceVersion | undefined =>
  isBookmark(object) ? object.metadata.resourceVersion : undefined

/** An `ERROR` event ends a watch; 410 says that its version is forgotten. */
const ended = (object: unknown, version: ObjectMeta.ResourceVersion): Ending => {
  const status = Option.getOrUndefined(Responses.status(object))
  const why = status?.message ?? "an error event"
  const forgotten = status?.code === 410 || status?.reason === "Expired" || status?.reason === "Gone"
  return forgotten ? expired(why) : failed(version, why)
}

const orSilent = <A, R>(feed: ListWatch, effect: Effect.Effect<A, TransportFailed, R>) =>
  Effect.timeoutOrElse(effect, {
    duration: feed.silence,
    orElse: () => Effect.fail(new TransportFailed({ message: `silent for ${Duration.format(feed.silence)}` }))
  })

const expired = (why: string): Ending => ({ _tag: "Expired", why })

const failed = (version: ObjectMeta.ResourceVersion, why: string): Ending => ({ _tag: "Failed", version, why })
