import type { KubernetesApi, ObjectCache, StatusWriter } from "@portolan/planner"
import * as P from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import { parseApiVersion } from "./apiserver/Kinds.ts"
export interface LaggingCache {
  readonly layer: Layer.Layer<
    ObjectCache.ObjectCache | KubernetesApi.KubernetesApi | StatusWriter.StatusWriter,
    never,
    KubernetesApi.KubernetesApi | StatusWriter.StatusWriter
  >
  freeze(): void
  thaw(): void
  step(): boolean
  lag(): number
  rewind(events: number): void
  relist(): void
  subscribe(listener: () => void): () => void
  close(): void
}
export const make = (server: ApiServer): LaggingCache => ({
  layer: Layer.mergeAll(
    Layer.succeed(P.ObjectCache.ObjectCache, {
      get: ({ kind, name, namespace }) =>
        Effect.sync(() =>
          Option.fromUndefinedOr(
            server.peek({ ...parseApiVersion(kind.apiVersion), plural: kind.plural }, namespace, name)
          )
        ),
      list: (kind, { labels = {}, namespace = "" } = {}) =>
        Effect.sync(() =>
          server
            .peekAll({ ...parseApiVersion(kind.apiVersion), plural: kind.plural }, namespace)
            .filter((o) => P.ObjectMeta.selects(labels, o.metadata.labels))
        )
    }),
    Layer.effect(P.KubernetesApi.KubernetesApi, P.KubernetesApi.KubernetesApi),
    Layer.effect(P.StatusWriter.StatusWriter, P.StatusWriter.StatusWriter)
  ),
  freeze() {},
  thaw() {},
  step: () => false,
  lag: () => 0,
  rewind() {},
  relist() {},
  close() {},
  subscribe: (l) => server.subscribe(l)
})
