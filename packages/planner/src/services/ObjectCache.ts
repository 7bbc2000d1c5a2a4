/**
 * The watch cache of this process. Reading it costs no request. It may lag behind the API server, but never behind the
 * writes of this process: once a write has returned, a read returns that write or a newer version.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { KubernetesObject, ObjectKey, ObjectKind } from "../model/ObjectMeta.ts"
import type { Selection } from "./KubernetesApi.ts"

export class ObjectCache extends Context.Service<
  ObjectCache,
  {
    /** `None` when the cache has no such object. */
    readonly get: (key: ObjectKey) => Effect.Effect<Option.Option<KubernetesObject>>

    /** The matching objects of a kind, in order of namespace and name. */
    readonly list: (kind: ObjectKind, selection?: Selection) => Effect.Effect<ReadonlyArray<KubernetesObject>>
  }
>()("@portolan/planner/services/ObjectCache") {}
