/** Backup: one copy of a database in a bucket, and the database that it is restored to. */
import { CustomKind, type ObjectMeta, Reconciler, StatusFields } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Name = Schema.String.check(Schema.isMaxLength(63), Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u))
const optional = Schema.optionalKey

const Spec = CustomKind.rules(
  Schema.Struct({
    database: Name.annotate({ description: "What is copied, by the database's own agent." }),
    bucket: Name.annotate({ description: "Where the copy is put." }),
    restoreTo: optional(Name).annotateKey({ description: "A database to restore the copy to, once." })
  }),
  {
    rule: "self.database == oldSelf.database && self.bucket == oldSelf.bucket",
    message: "a backup is of one database, in one bucket: make another one"
  }
)

const Status = Schema.Struct({
  ...StatusFields.all,
  phase: optional(Schema.Literals(["Copying", "Restoring", "Ready", "Terminating"])),
  copy: optional(Schema.String).annotateKey({ description: "Where the copy is, once it is verified." }),
  restoredTo: optional(Schema.String)
})

export const definition: CustomKind.CustomKind = {
  group: "example.dev",
  version: "v1",
  kind: "Backup",
  plural: "backups",
  singular: "backup",
  shortNames: [],
  description: "A copy of a database.",
  columns: [{ name: "Phase", type: "string", jsonPath: ".status.phase" }],
  spec: Spec,
  status: Status
}

export const kind: ObjectMeta.ObjectKind = CustomKind.resource(definition)

/** A backup as it was read: with its types, and whole. */
export interface Backup extends Schema.Schema.Type<typeof Parts> {
  readonly object: ObjectMeta.KubernetesObject
  /** Where its copy is put. */
  readonly place: string
}

const Parts = Schema.Struct({ spec: Spec, status: optional(Status) })
const decodeParts = Schema.decodeUnknownResult(Parts)

/** What admission would not have let in is refused, and said on the object. */
export const decode = (object: ObjectMeta.KubernetesObject): Result.Result<Backup, Reconciler.PlanRejected> =>
  Result.mapBoth(decodeParts(object), {
    onFailure: ({ message }) => new Reconciler.PlanRejected({ field: "spec", message }),
    onSuccess: (parts) => ({ ...parts, object, place: `s3://${parts.spec.bucket}/${object.metadata.uid}` })
  })
