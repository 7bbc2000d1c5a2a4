/**
 * What was last heard about the cluster. Reading it costs no request. It may lag behind the server, but never behind
 * our own writes: after a write of this process returned, a read sees that write or something newer.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { KubernetesObject, ObjectKey, ObjectKind } from "../model/ObjectMeta.ts"
import type { Selection } from "./KubernetesApi.ts"

export class ObjectCache extends Context.Service<
  ObjectCache,
  {
    /** `None` when no such object is known. */
    readonly get: (key: ObjectKey) => Effect.Effect<Option.Option<KubernetesObject>>

    /** Every known object of a kind that matches, in order of namespace and name. */
    readonly list: (kind: ObjectKind, selection?: Selection) => Effect.Effect<ReadonlyArray<KubernetesObject>>
  }
>()("@portolan/planner/services/ObjectCache") {}
