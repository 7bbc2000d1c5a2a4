/**
 * The API server, as observations and tasks use it. It cannot write status: only {@link StatusWriter} can, so that a task
 * that writes status does not compile (INV-2).
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

/** Another writer changed or replaced the object since it was read. Read it again and decide again. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { message: Schema.String }) {}

/**
 * The API server rejected the request. The same request gets the same response, until somebody changes what it depends on:
 * permissions, a quota, an admission webhook, a CRD.
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  /** HTTP status: 400, 401, 403, 404, 422, … */
  status: Schema.Int,
  /** The `reason` of the `Status`: `Invalid`, `Forbidden`, `AlreadyExists`, … */
  code: Schema.String,
  message: Schema.String
}) {}

/** No usable response: time-out, 429, 5xx, broken connection. A write may have taken effect. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { message: Schema.String }) {}

/** A request that did not succeed. Its `reason` says what the caller can do. */
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

/** The preconditions of a delete (INV-11). */
export interface Preconditions {
  readonly uid: string
  readonly resourceVersion?: ResourceVersion
}

/** The objects of a list. Without a namespace: of all namespaces. */
export interface Selection {
  readonly namespace?: string
  readonly labels?: LabelSelector
}

export class KubernetesApi extends Context.Service<
  KubernetesApi,
  {
    /** Reads from the API server, never from a cache. `None` when the object does not exist. */
    readonly get: (key: ObjectKey) => Effect.Effect<Option.Option<KubernetesObject>, KubernetesError>

    /** Reads all matching objects from the API server, page by page. */
    readonly list: (
      kind: ObjectKind,
      selection?: Selection
    ) => Effect.Effect<ReadonlyArray<KubernetesObject>, KubernetesError>

    /** Creates an object. When one of this name exists: `Rejected` with code `AlreadyExists`. */
    readonly create: (key: ObjectKey, body: Manifest) => Effect.Effect<KubernetesObject, KubernetesError>

    /**
     * Server-side apply under the field manager of this process. `existing` is the object that the caller has read and may
     * change, and the API server compares (INV-17):
     *
     * - With `existing`, the apply is forced and changes that object only. Idempotent: the same body twice is one change.
     *   Fails with `Conflict` when another object has the name by now, or another controller owns the object.
     * - Without, the apply creates the object, and never changes one that exists: fails with `Conflict`.
     */
    readonly apply: (
      key: ObjectKey,
      body: Manifest,
      existing: KubernetesObject | undefined
    ) => Effect.Effect<KubernetesObject, KubernetesError>

    /**
     * Deletes exactly the object with this uid, with background propagation. Succeeds when that object is deleted, is being
     * deleted, or never existed; fails with `Conflict` when another object has its name.
     */
    readonly delete: (key: ObjectKey, preconditions: Preconditions) => Effect.Effect<void, KubernetesError>

    /**
     * Removes one finalizer from an object other than the reconciled one, only if that object is unchanged since it was
     * read; otherwise fails with `Conflict`. Succeeds when the object does not exist. Makes no request when the object was
     * read without the finalizer.
     */
    readonly removeFinalizer: (
      kind: ObjectKind,
      observation: KubernetesObject,
      finalizer: string
    ) => Effect.Effect<void, KubernetesError>
  }
>()("@portolan/planner/services/KubernetesApi") {}
