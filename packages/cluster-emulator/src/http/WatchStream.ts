/**
 * A watch as a stream of JSON lines: what is there, then what changes, now and then a bookmark.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Defaults from "../apiserver/Defaults.ts"
import { ApiFailure, expired, internal, invalid, notServed } from "../apiserver/Failure.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at, none, objectsOf, textOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import { apiVersionOf } from "../apiserver/Kinds.ts"
import { integerOf, isOn } from "../apiserver/Options.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import { toServedVersion } from "../apiserver/ServerState.ts"
import type { WatchEvent, WatchSelection } from "../apiserver/Watch.ts"
import type { Form } from "./Accept.ts"
import type { Exchange } from "./Exchange.ts"
import * as Forms from "./Forms.ts"
import type { Asked, LineType } from "./faults/Fault.ts"
import type { LineSink } from "./faults/StreamFaults.ts"
import * as LineGate from "./faults/StreamFaults.ts"
import type { Address, Place } from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"
import * as Table from "./Table.ts"

/** How often a watch that asked for bookmarks gets one. */
const BOOKMARK_INTERVAL = "1 minute"

/** How long after its initial events a stream is told once more how far it is. */
const FIRST_BOOKMARK = "1 second"

/** How long before its end a stream gets its last bookmark; a shorter one gets none. */
const LAST_BOOKMARK = Duration.seconds(2)

/** What a client may leave unread before its watch is cut off. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024

export interface Watch {
  readonly place: Place
  readonly query: Address["query"]
  readonly form: Form
  readonly note: (code: number) => void
  readonly asked: () => Asked
}

/**
 * Opens a watch. It ends when its `timeoutSeconds` are over (without them never), when its client goes, when its kind
 * is no longer served, or with the server. Throws `ApiFailure` when it cannot begin; a past that is forgotten is told
 * inside the stream, as an ERROR.
 */
export const open = (context: ServerContext, exchange: Exchange, watch: Watch): void => {
  const { server } = context
  const kind = server.resources().find((one) => isOf(watch.place, one))
  if (kind === undefined || watch.place.subresource !== "") throw notServed()
  const start = startOf(watch.query)
  const timeout = timeoutOf(watch.query.timeoutSeconds ?? "")
  const present = listed(context, watch)
  const sink = begin(context, exchange, watch)
  const stream = streamTo(exchange, sink, frameOf(context, kind, watch))
  watch.note(200)
  if (start._tag === "Since") {
    const past = server.eventsSince(selectionOf(watch), start.resourceVersion)
    if (past._tag === "Expired") {
      stream.fail(tooOld(start.resourceVersion, server.resourceVersion))
      return
    }
    for (const event of past.events) stream.notify(event)
  }
  if (start._tag === "Initial") {
    for (const object of objectsOf(present.items)) stream.notify({ type: "ADDED", object })
    const version = textOf(at(present, "metadata", "resourceVersion"))
    if (hasBookmarks(watch)) stream.mark(bookmarkOf(kind, version, true))
  }
  follow(context, kind, watch, stream, start._tag === "Since" ? Number(start.resourceVersion) : 0)
  tick(context, kind, watch, stream, timeout)
}

/** Where a watch begins. */
type Start =
  | { readonly _tag: "Initial" }
  | { readonly _tag: "Now" }
  | { readonly _tag: "Since"; readonly resourceVersion: string }

/** A match that can never be right is told beside the reason why there may be none. */
const forbiddenMatch = (why: string, match: string): ApiFailure => {
  const field = "resourceVersionMatch"
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`
  return invalid({ group: "meta.k8s.io", plural: "", kind: "ListOptions" }, "", [
    { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` },
    ...(match === "" || match === "NotOlderThan" ? [] : [{ reason: "FieldValueNotSupported", field, message }])
  ])
}

const startOf = ({ resourceVersion = "", resourceVersionMatch = "", sendInitialEvents }: Address["query"]): Start => {
  if (sendInitialEvents === undefined && resourceVersionMatch !== "") {
    throw forbiddenMatch(
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      resourceVersionMatch
    )
  }
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan") {
    throw forbiddenMatch(
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      resourceVersionMatch
    )
  }
  if (!/^\d*$/u.test(resourceVersion)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`
    throw internal(`resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${why}`)
  }
  if (isOn(sendInitialEvents)) return { _tag: "Initial" }
  if (resourceVersion !== "" && resourceVersion !== "0") return { _tag: "Since", resourceVersion }
  return sendInitialEvents === undefined ? { _tag: "Initial" } : { _tag: "Now" }
}

const timeoutOf = (text: string): Duration.Duration => {
  const seconds = text === "" ? 0 : integerOf(text)
  return seconds > 0 ? Duration.seconds(seconds) : Duration.infinity
}

/** The list a watch begins with; refuses what a list would refuse. */
const listed = ({ server }: ServerContext, watch: Watch): JsonObject => {
  const { group, name, namespace, plural, version } = watch.place
  const where = { group, version, plural, namespace, name }
  const { body, code } = server.handle({ ...where, verb: "list", query: selectorsOf(watch), user: "" })
  if (code !== 200) throw Object.assign(new ApiFailure(code, "", ""), { body })
  return body
}

const selectorsOf = ({ query: { fieldSelector = "", labelSelector = "" } }: Watch): Address["query"] => ({
  fieldSelector,
  labelSelector
})

const selectionOf = (watch: Watch): WatchSelection => ({ ...watch.place, query: selectorsOf(watch) })

const isOf = (place: Place, kind: ServedKind): boolean =>
  kind.group === place.group && kind.version === place.version && kind.plural === place.plural

const hasBookmarks = ({ query }: Watch): boolean => isOn(query.allowWatchBookmarks)

interface Stream {
  readonly notify: (event: WatchEvent) => void
  readonly mark: (bookmark: JsonObject) => void
  readonly fail: (failure: ApiFailure) => void
  readonly end: () => void
  /** Calls back once, when the stream is over for whatever reason. */
  readonly onEnd: (callback: () => void) => void
}

/** Begins the answer. Lines go straight to the connection, or through the faults of the server. */
const begin = (context: ServerContext, { response }: Exchange, { asked }: Watch): LineSink => {
  const { clock, faults, server } = context
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" })
  response.flushHeaders()
  const sink: LineSink = {
    line: (_, text) => {
      if (response.writableEnded || response.destroyed) return
      response.write(text)
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
    },
    end: () => response.end()
  }
  if (faults === undefined) return sink
  const now = () => clock.currentTimeMillisUnsafe()
  return LineGate.make({ faults, asked: asked(), response, sink, now, forget: () => server.forget() })
}

const streamTo = (
  { response }: Exchange,
  { end, line }: LineSink,
  frame: (object: JsonObject) => JsonObject
): Stream => {
  const write = (type: LineType, object: JsonObject): void => line(type, `${JSON.stringify({ type, object })}\n`)
  return {
    notify: ({ object, type }) => write(type, frame(object)),
    mark: (object) => write("BOOKMARK", frame(object)),
    fail: ({ body }) => {
      write("ERROR", body)
      end()
    },
    end,
    onEnd: (callback) => response.once("close", callback)
  }
}

/** How objects are shown in a stream. Only the first table of a stream names its columns. */
const frameOf = (
  { server }: ServerContext,
  kind: ServedKind,
  { form, query }: Watch
): ((object: JsonObject) => JsonObject) => {
  if (form === "Object") return (object) => object
  if (form !== "Table") return Forms.metadataOnly
  const columns = Table.columnsOf(kind)
  let isFirst = true
  return (object) => {
    const table = Table.withColumns(columns, object, Table.optionsOf(query, server.now()))
    if (!isFirst) return { ...table, columnDefinitions: null }
    isFirst = false
    return table
  }
}

const follow = ({ server }: ServerContext, kind: ServedKind, watch: Watch, stream: Stream, after: number): void => {
  const view = server.viewOf(selectionOf(watch))
  const unsubscribe = server.subscribe((event) => {
    if (event.plural === definitions && !isServed(server.resources(), kind)) stream.end()
    const seen = Number(event.object.metadata.resourceVersion) > after ? view(event) : undefined
    if (seen !== undefined && isNamed(watch, event)) stream.notify(seen)
  })
  stream.onEnd(unsubscribe)
}

const definitions = "customresourcedefinitions"

const isServed = (kinds: ReadonlyArray<ServedKind>, kind: ServedKind): boolean =>
  kinds.some(({ group, plural, version }) => group === kind.group && version === kind.version && plural === kind.plural)

const isNamed = ({ place }: Watch, { object }: ApiEvent): boolean =>
  place.name === "" || object.metadata.name === place.name

/** Bookmarks and the end, by the clock. */
const tick = (
  context: ServerContext,
  kind: ServedKind,
  watch: Watch,
  stream: Stream,
  timeout: Duration.Duration
): void => {
  const mark = Effect.sync(() => stream.mark(bookmarkOf(kind, context.server.resourceVersion, false)))
  const after = (time: Duration.Input) => Effect.andThen(Effect.sleep(time), mark)
  const isTimed = Duration.isFinite(timeout)
  const marks = [
    Effect.forever(after(BOOKMARK_INTERVAL)),
    ...(isOn(watch.query.sendInitialEvents) ? [after(FIRST_BOOKMARK)] : []),
    ...(isTimed && Duration.isGreaterThan(timeout, LAST_BOOKMARK)
      ? [after(Duration.subtract(timeout, LAST_BOOKMARK))]
      : [])
  ]
  const end = Effect.andThen(Effect.sleep(timeout), Effect.sync(stream.end))
  const fibers = [...(isTimed ? [end] : []), ...(hasBookmarks(watch) ? marks : [])].map(context.fork)
  stream.onEnd(() => {
    for (const fiber of fibers) fiber.interruptUnsafe()
  })
}

/** An object that tells how far the stream is, and nothing else. */
const bookmarkOf = (kind: ServedKind, resourceVersion: string, isInitialEnd: boolean): JsonObject =>
  toServedVersion(kind, {
    ...Defaults.empty(kind),
    kind: kind.kind,
    apiVersion: apiVersionOf(kind.storage),
    metadata: {
      ...(isInitialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : none),
      resourceVersion
    }
  })

const tooOld = (asked: string, now: string): ApiFailure => expired(`too old resource version: ${asked} (${now})`)
