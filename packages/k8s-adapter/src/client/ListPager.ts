/** A whole list, read page by page. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Client } from "./Client.ts"
import * as ResourcePath from "./ResourcePath.ts"
import * as Responses from "./Responses.ts"

export interface Listed {
  readonly objects: ReadonlyArray<ObjectMeta.KubernetesObject>
  /** Where a watch goes on from. */
  readonly resourceVersion: ObjectMeta.ResourceVersion
}

/** Objects in one answer. */
const PAGE = 500

/**
 * All matching objects as they were at one moment. When the server forgets that moment between two pages, everything is
 * read again in one piece.
 */
export const list = (
  client: Client["Service"],
  kind: ObjectMeta.ObjectKind,
  selection: ResourcePath.Selection
): Effect.Effect<Listed, Responses.Reason> =>
  Effect.gen(function* () {
    const objects: Array<ObjectMeta.KubernetesObject> = []
    let next: string | undefined
    let limit: string | undefined = String(PAGE)
    while (true) {
      const path = ResourcePath.collection(kind, selection, { limit, continue: next })
      const response = yield* Effect.mapError(client.request({ method: "GET", path }), unavailable)
      if (response.status === 410 && next !== undefined) {
        objects.length = 0
        next = undefined
        limit = undefined
        continue
      }
      if (!Responses.succeeded(response)) return yield* Responses.reason(response)
      if (!isList(response.body)) return yield* unavailable({ message: `not a list: ${response.text.slice(0, 100)}` })
      for (const item of response.body.items ?? []) {
        const object = Responses.object(item, kind)
        if (Option.isNone(object)) return yield* unavailable({ message: "a list with a broken object" })
        objects.push(object.value)
      }
      const { continue: more, resourceVersion } = response.body.metadata
      if (more === undefined || more === "") return { objects, resourceVersion }
      next = more
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
