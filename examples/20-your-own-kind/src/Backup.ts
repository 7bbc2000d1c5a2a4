/** The kind `Backup`: a copy of a database in a bucket, which can be restored to another database. */
import { CustomKind, type ObjectMeta, Reconciler, StatusFields } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Name = Schema.String.check(Schema.isMaxLength(63), Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u))
const optional = Schema.optionalKey

const Spec = CustomKind.rules(
  Schema.Struct({
    database: Name.annotate({ description: "The database to copy. Its agent makes the copy." }),
    bucket: Name.annotate({ description: "The bucket that stores the copy." }),
    restoreTo: optional(Name).annotateKey({
      description: "The database to restore the copy to. Every change restores once."
    })
  }),
  {
    rule: "self.database == oldSelf.database && self.bucket == oldSelf.bucket",
    message: "a Backup is of one database, in one bucket: create another Backup instead"
  }
)

const Status = Schema.Struct({
  ...StatusFields.all,
  phase: optional(Schema.Literals(["Copying", "Restoring", "Ready", "Terminating"])),
  copy: optional(Schema.String).annotateKey({ description: "Location of the verified copy." }),
  restoredTo: optional(Schema.String).annotateKey({ description: "The database that the copy was last restored to." })
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

/** A stored object with its decoded spec and status. */
export interface Backup extends Schema.Schema.Type<typeof Decoded> {
  readonly object: ObjectMeta.KubernetesObject
  /** Location of the copy. The uid keeps Backups of the same name apart. */
  readonly location: string
}

const Decoded = Schema.Struct({ spec: Spec, status: optional(Status) })
const decodeObject = Schema.decodeUnknownResult(Decoded)

/** Rejects an object that does not match the schema; the controller reports the rejection in its conditions. */
export const decode = (object: ObjectMeta.KubernetesObject): Result.Result<Backup, Reconciler.PlanRejected> =>
  Result.mapBoth(decodeObject(object), {
    onFailure: ({ message }) => new Reconciler.PlanRejected({ field: "spec", message }),
    onSuccess: (decoded) => ({ ...decoded, object, location: `s3://${decoded.spec.bucket}/${object.metadata.uid}` })
  })
