/**
 * Kubernetes Events about an object, which `kubectl describe` shows. Best effort: an event that cannot be written is logged
 * and dropped, and never fails a pass.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { KubernetesObject, ObjectKind } from "../model/ObjectMeta.ts"

export interface Event {
  readonly type: "Normal" | "Warning"
  /** CamelCase and stable; alerts match on it. */
  readonly reason: string
  readonly message: string
}

export class EventRecorder extends Context.Service<
  EventRecorder,
  {
    readonly record: (kind: ObjectKind, object: KubernetesObject, event: Event) => Effect.Effect<void>
  }
>()("@portolan/planner/services/EventRecorder") {}
