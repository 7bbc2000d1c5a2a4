/**
 * The API server as observers and tasks need it. It cannot write status: that is {@link StatusWriter}'s alone,
 * so a task that tries does not compile (INV-2).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type {
  KubernetesObject,
  LabelSelector,
  Manifest,
  ObjectKey,
  ObjectKind,
  ResourceVersion
} from "../model/ObjectMeta.ts"

/** Someone else wrote first, or the object is no longer the one that was seen. Read again, decide again. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { message: Schema.String }) {}

/** The server answered and said no. Repeating the same request gets the same answer. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  /** HTTP status: 400, 401, 403, 404, 422, … */
  status: Schema.Int,
  /** The server's own word for it: `Invalid`, `Forbidden`, `AlreadyExists`, … */
  code: Schema.String,
  message: Schema.String
}) {}

/** No usable answer: time-out, 429, 5xx, broken connection. A write may have landed. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { message: Schema.String }) {}

/** A request that did not succeed. Its `reason` tells the caller what to do. */
export class KubernetesError extends Schema.TaggedError<KubernetesError>()("KubernetesError", {
  verb: Schema.String,
  /** As `ObjectMeta.keyText` writes it. */
  key: Schema.String,
  reason: Schema.Union([Conflict, Rejected, Unavailable])
}) {
  override get message(): string {
    return `${this.verb} ${this.key}: ${this.reason.message}`
  }
}

/** What must still be true of an object for a delete to happen (INV-11). */
export interface Preconditions {
  readonly uid: string
  readonly resourceVersion?: ResourceVersion
}

/** Which objects a list is about. No namespace means all of them. */
export interface Selection {
  readonly namespace?: string
  readonly labels?: LabelSelector
}

export class KubernetesApi extends Context.Service<
  KubernetesApi,
  {
    /** Reads from the server, never from a cache. `None` when the object does not exist. */
    readonly get: (key: ObjectKey) => Effect.Effect<Option.Option<KubernetesObject>, KubernetesError>

    /** Reads all matching objects from the server, page by page. */
    readonly list: (
      kind: ObjectKind,
      selection?: Selection
    ) => Effect.Effect<ReadonlyArray<KubernetesObject>, KubernetesError>

    /** Creates an object. One of the same name is `Rejected` with code `AlreadyExists`. */
    readonly create: (key: ObjectKey, body: Manifest) => Effect.Effect<KubernetesObject, KubernetesError>

    /** Server-side apply under our field manager, by force. Idempotent: the same body twice is one change. */
    readonly apply: (key: ObjectKey, body: Manifest) => Effect.Effect<KubernetesObject, KubernetesError>

    /**
     * Asks for deletion of exactly the object that was seen. Succeeds when that object is gone or going, including
     * when it was never there; fails with `Conflict` when another object has its name. Dependents go in the background.
     */
    readonly delete: (key: ObjectKey, preconditions: Preconditions) => Effect.Effect<void, KubernetesError>

    /**
     * Takes one finalizer off an object that the turn is not about, only if it is exactly as it was seen; otherwise
     * fails with `Conflict` and changes nothing. Succeeds when the object is gone; when it was seen without that
     * finalizer nothing is asked.
     */
    readonly removeFinalizer: (
      kind: ObjectKind,
      observation: KubernetesObject,
      finalizer: string
    ) => Effect.Effect<void, KubernetesError>
  }
>()("@portolan/planner/services/KubernetesApi") {}
