/**
 * Notes for people, kept beside an object (`kubectl describe`). Best effort: a note that cannot be written is dropped
 * and logged, and never fails a turn.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { KubernetesObject, ObjectKind } from "../model/ObjectMeta.ts"

export interface Event {
  readonly type: "Normal" | "Warning"
  /** CamelCase, stable: people alert on it. */
  readonly reason: string
  readonly message: string
}

export class EventRecorder extends Context.Service<
  EventRecorder,
  {
    readonly record: (kind: ObjectKind, about: KubernetesObject, event: Event) => Effect.Effect<void>
  }
>()("@portolan/planner/services/EventRecorder") {}
