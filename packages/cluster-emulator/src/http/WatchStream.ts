/** A watch as a stream of JSON lines: the initial events, then changes and bookmarks. */
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
import type { LineType, RequestInfo } from "./faults/Fault.ts"
import type { LineSink } from "./faults/StreamFaults.ts"
import * as StreamFaults from "./faults/StreamFaults.ts"
import type { Address, Place } from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"
import * as Table from "./Table.ts"

/** Interval of bookmarks, for a watch that allows them. */
const BOOKMARK_INTERVAL_MS = 60_000

/** The first bookmark follows the initial events after this delay. */
const FIRST_BOOKMARK_MS = 1_000

/** The last bookmark comes this long before the timeout of the watch. A shorter watch gets none. */
const LAST_BOOKMARK_MS = 2_000

/** A client that leaves more bytes unread loses its connection. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024

export interface Watch {
  readonly place: Place
  readonly query: Address["query"]
  readonly form: Form
  /** Adds the request to the audit log. */
  readonly audit: (code: number) => void
  readonly requestInfo: () => RequestInfo
}

/**
 * Opens a watch. It ends after its `timeoutSeconds` (never, without them), when the client disconnects, when the kind
 * is no longer served, or with the server. Throws `ApiFailure` when the watch cannot start. A version that is too old
 * is an ERROR event of the stream.
 */
export const open = (context: ServerContext, exchange: Exchange, watch: Watch): void => {
  const { server } = context
  const kind = server.resources().find((one) => isOf(watch.place, one))
  if (kind === undefined || watch.place.subresource !== "") throw notServed()
  const start = startOf(watch.query)
  const timeout = timeoutOf(watch.query.timeoutSeconds ?? "")
  const initial = initialList(context, watch)
  const sink = begin(context, exchange, watch)
  const stream = streamTo(exchange, sink, frameOf(context, kind, watch))
  watch.audit(200)
  if (start._tag === "Since") {
    const history = server.eventsSince(selectionOf(watch), start.resourceVersion)
    if (history._tag === "Expired") {
      stream.fail(tooOld(start.resourceVersion, server.resourceVersion))
      return
    }
    for (const event of history.events) stream.send(event)
  }
  if (start._tag === "Initial") {
    for (const object of objectsOf(initial.items)) stream.send({ type: "ADDED", object })
    const version = textOf(at(initial, "metadata", "resourceVersion"))
    if (allowsBookmarks(watch)) stream.sendBookmark(bookmarkOf(kind, version, true))
  }
  sendChanges(context, kind, watch, stream, start._tag === "Since" ? Number(start.resourceVersion) : 0)
  startTimers(context, kind, watch, stream, timeout)
}

/** Where a watch starts: with the objects of now, with the next change, or after a version. */
type Start =
  | { readonly _tag: "Initial" }
  | { readonly _tag: "Now" }
  | { readonly _tag: "Since"; readonly resourceVersion: string }

/** Adds a second cause when the value of `resourceVersionMatch` is not a supported one. */
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

/** Milliseconds; `undefined` without a limit. */
const timeoutOf = (text: string): number | undefined => {
  const seconds = text === "" ? 0 : integerOf(text)
  return seconds > 0 ? seconds * 1000 : undefined
}

/** Lists the objects of now. Throws where a list fails, so that a watch has the same rejections. */
const initialList = ({ server }: ServerContext, watch: Watch): JsonObject => {
  const { group, name, namespace, plural, version } = watch.place
  const resource = { group, version, plural, namespace, name }
  const { body, code } = server.handle({ ...resource, verb: "list", query: selectorsOf(watch), user: "" })
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

const allowsBookmarks = ({ query }: Watch): boolean => isOn(query.allowWatchBookmarks)

interface Stream {
  readonly send: (event: WatchEvent) => void
  readonly sendBookmark: (bookmark: JsonObject) => void
  /** Sends an ERROR event and ends. */
  readonly fail: (failure: ApiFailure) => void
  readonly end: () => void
  /** Registers a callback for the close of the connection. */
  readonly onClose: (callback: () => void) => void
}

/** Sends the head of the response. Lines go to the connection, through the server's faults if it has some. */
const begin = (context: ServerContext, { response }: Exchange, { requestInfo }: Watch): LineSink => {
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
  return StreamFaults.make({
    faults,
    request: requestInfo(),
    response,
    sink,
    now: clock.now,
    forget: () => server.forget()
  })
}

const streamTo = (
  { response }: Exchange,
  { end, line }: LineSink,
  frame: (object: JsonObject) => JsonObject
): Stream => {
  const write = (type: LineType, object: JsonObject): void => line(type, `${JSON.stringify({ type, object })}\n`)
  return {
    send: ({ object, type }) => write(type, frame(object)),
    sendBookmark: (object) => write("BOOKMARK", frame(object)),
    fail: ({ body }) => {
      write("ERROR", body)
      end()
    },
    end,
    onClose: (callback) => response.once("close", callback)
  }
}

/** Converts objects to the form of the response. Only the first table of a stream has column definitions. */
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

/** Sends every change after a version. Ends the stream when the kind is no longer served. */
const sendChanges = (
  { server }: ServerContext,
  kind: ServedKind,
  watch: Watch,
  stream: Stream,
  after: number
): void => {
  const view = server.viewOf(selectionOf(watch))
  const unsubscribe = server.subscribe((event) => {
    if (event.plural === definitions && !isServed(server.resources(), kind)) stream.end()
    const change = Number(event.object.metadata.resourceVersion) > after ? view(event) : undefined
    if (change !== undefined && isNamed(watch, event)) stream.send(change)
  })
  stream.onClose(unsubscribe)
}

const definitions = "customresourcedefinitions"

const isServed = (kinds: ReadonlyArray<ServedKind>, kind: ServedKind): boolean =>
  kinds.some(({ group, plural, version }) => group === kind.group && version === kind.version && plural === kind.plural)

const isNamed = ({ place }: Watch, { object }: ApiEvent): boolean =>
  place.name === "" || object.metadata.name === place.name

/** Schedules the bookmarks and the timeout of a stream. */
const startTimers = (
  { clock, server }: ServerContext,
  kind: ServedKind,
  watch: Watch,
  stream: Stream,
  timeoutMs: number | undefined
): void => {
  const sendBookmark = () => stream.sendBookmark(bookmarkOf(kind, server.resourceVersion, false))
  const after = (millis: number, run: () => void) => stream.onClose(clock.after(millis, run))
  if (timeoutMs !== undefined) after(timeoutMs, stream.end)
  if (!allowsBookmarks(watch)) return
  let cancel = () => {}
  const repeat = () => {
    cancel = clock.after(BOOKMARK_INTERVAL_MS, () => {
      sendBookmark()
      repeat()
    })
  }
  repeat()
  stream.onClose(() => cancel())
  if (isOn(watch.query.sendInitialEvents)) after(FIRST_BOOKMARK_MS, sendBookmark)
  if (timeoutMs !== undefined && timeoutMs > LAST_BOOKMARK_MS) after(timeoutMs - LAST_BOOKMARK_MS, sendBookmark)
}

/** An object of the kind with nothing but a resource version. */
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

const tooOld = (resourceVersion: string, latest: string): ApiFailure =>
  expired(`too old resource version: ${resourceVersion} (${latest})`)
