/** Lists a whole collection in pages, like client-go's `ListPager`. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Client } from "./Client.ts"
import * as ResourcePath from "./ResourcePath.ts"
import * as Responses from "./Responses.ts"

export interface ObjectList {
  readonly objects: ReadonlyArray<ObjectMeta.KubernetesObject>
  /** The version of the list, at which a watch starts. */
  readonly resourceVersion: ObjectMeta.ResourceVersion
}

/** Objects per page. */
const PAGE_SIZE = 500

/**
 * All objects that a selection matches, at one version. Every page after the first is requested with the `continue`
 * token of the page before, which keeps that version. When the API server answers such a request with 410 Gone, the
 * version was compacted; the pages so far are discarded and the collection is listed again without a limit, in one
 * response.
 */
export const list = (
  client: Client["Service"],
  kind: ObjectMeta.ObjectKind,
  selection: ResourcePath.Selection
): Effect.Effect<ObjectList, Responses.Reason> =>
  Effect.gen(function* () {
    const objects: Array<ObjectMeta.KubernetesObject> = []
    let token: string | undefined
    let limit: string | undefined = String(PAGE_SIZE)
    while (true) {
      const path = ResourcePath.collection(kind, selection, { limit, continue: token })
      const response = yield* Effect.mapError(client.request({ method: "GET", path }), unavailable)
      if (response.status === 410 && token !== undefined) {
        objects.length = 0
        token = undefined
        limit = undefined
        continue
      }
      if (!Responses.succeeded(response)) return yield* Responses.reason(response)
      if (!isList(response.body)) {
        return yield* unavailable({ message: `response is not a list: ${response.text.slice(0, 100)}` })
      }
      for (const item of response.body.items ?? []) {
        const object = Responses.object(item, kind)
        if (Option.isNone(object)) return yield* unavailable({ message: "response has an item without metadata" })
        objects.push(object.value)
      }
      const { continue: more, resourceVersion } = response.body.metadata
      if (more === undefined || more === "") return { objects, resourceVersion }
      token = more
    }
  })

const isList = Schema.is(
  Schema.Struct({
    metadata: Schema.Struct({
      resourceVersion: ObjectMeta.ResourceVersion,
      continue: Schema.optionalKey(Schema.String)
    }),
    items: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Unknown)))
  })
)

const unavailable = ({ message }: { readonly message: string }) => new KubernetesApi.Unavailable({ message })
