/** The toy kind of the suites, and helpers to use it. */
import { KubernetesApi, ObjectMeta, StatusWriter, type Watches } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The kind of the suites. Its definition is {@link widgetDefinition}. */
export const widget: ObjectMeta.ObjectKind = {
  apiVersion: "example.dev/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}

export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")

/** The label by which the suite's cache watches ConfigMaps. */
export const WATCHED_LABEL = "example.dev/watched"
/** The annotation of a widget with the name of the Secret that it references. */
export const SECRET_ANNOTATION = "example.dev/secret"

/** What a cache must watch to run the suite of `ObjectCache`: widgets, labelled ConfigMaps, referenced Secrets. */
export const watched: Watches.Controlled = {
  kind: widget,
  watches: [
    {
      kind: ConfigMap,
      labels: { [WATCHED_LABEL]: true },
      map: () => [],
      reliedOnBy: "the cases about reads that no watch covers"
    }
  ],
  references: {
    kinds: [Secret],
    of: ({ metadata }) => {
      const name = metadata.annotations?.[SECRET_ANNOTATION]
      return name === undefined ? [] : [ObjectMeta.key(Secret, metadata.namespace ?? "", name)]
    },
    reliedOnBy: "the cases about reads that no watch covers"
  }
}

/**
 * A kind with a status subresource, one validation rule (`size` is at least 1), and unknown fields allowed in status.
 */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", minimum: 1 },
                  color: { type: "string" },
                  tags: { type: "array", items: { type: "string" } }
                }
              },
              status: {
                type: "object",
                "x-kubernetes-preserve-unknown-fields": true,
                properties: { phase: { type: "string" } }
              }
            }
          }
        }
      }
    ]
  }
}

export type WriteServices = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter
/** Adds a case to a suite. */
export type Suite = (name: string, run: (namespace: string) => Effect.Effect<void, unknown, WriteServices>) => void

export const api = KubernetesApi.KubernetesApi
export const writer = StatusWriter.StatusWriter

export const keyOf = (namespace: string, name: string) => ObjectMeta.key(widget, namespace, name)

export const manifest = (
  name: string,
  spec: ObjectMeta.JsonObject,
  more: Partial<ObjectMeta.Manifest["metadata"]> = {}
) => ({
  apiVersion: widget.apiVersion,
  kind: widget.kind,
  metadata: { name, ...more },
  spec
})

export const make = (namespace: string, name: string, more: Partial<ObjectMeta.Manifest["metadata"]> = {}) =>
  api.use((server) => server.create(keyOf(namespace, name), manifest(name, { size: 1 }, more)))

export const find = (namespace: string, name: string) => api.use((server) => server.get(keyOf(namespace, name)))

export const mustFind = (namespace: string, name: string) => Effect.map(find(namespace, name), Option.getOrThrow)

/** Applies onto the object that exists, if any. */
export const apply = (key: ObjectMeta.ObjectKey, body: ObjectMeta.Manifest) =>
  api.use((server) => Effect.flatMap(server.get(key), (found) => server.apply(key, body, Option.getOrUndefined(found))))

/** The reason of a call that must fail. */
export const rejection = <A, R>(call: Effect.Effect<A, KubernetesApi.KubernetesError, R>) =>
  Effect.map(Effect.flip(call), (error) => error.reason)

export const preconditions = ({ metadata }: ObjectMeta.KubernetesObject) => ({ uid: metadata.uid })
