/** INV-17: a pass takes over no object and no field of somebody else. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import { type Expectations, type Invariant, type Violation, violation } from "./Invariant.ts"
import * as Owners from "./Owners.ts"

type Stored = ObjectMeta.KubernetesObject

/** Compares objects before and after every call of a pass, whatever its verb. */
export const nothingTakenOver: Invariant = {
  name: "INV-17",
  statement:
    "Nothing of somebody else's is taken over: a write changes an object of another controller or manager only where nobody else owns it.",
  needs: ["passes", "objects"],
  check: (calls, expectations) =>
    calls.flatMap((call): ReadonlyArray<Violation> => {
      const { after, before, target, verb } = call
      if (before === undefined || after === undefined || !Owners.isAboutAnother(call)) return []
      if (before.metadata.uid !== after.metadata.uid || isOwn(calls, call, before)) return []
      return changes(before, after, expectations).map((change) =>
        violation("INV-17", `${verb} ${target} ${change}; before, it was ${describeOwner(before)}`, [call])
      )
    })
}

/** Whether the reconciled object controlled an object before, or a pass of it created the object and nobody controls it. */
const isOwn = (calls: ReadonlyArray<Call>, call: Call, before: Stored): boolean => {
  const uid = Owners.reconciledUid(calls, call)
  const controllersOf = (object: Stored) => [ObjectMeta.controllerOf(object)].filter((owner) => owner !== undefined)
  const controller = ObjectMeta.controllerOf(before)
  if (controller === undefined) {
    return calls.some(
      (other) =>
        other.index < call.index &&
        other.pass !== undefined &&
        Owners.createdBy(other)?.metadata.uid === before.metadata.uid &&
        Owners.reconciledUid(calls, other) === uid
    )
  }
  if (uid !== undefined) return Owners.isOwnedBy(calls, before, uid, controllersOf)
  return controller.kind === call.pass?.key.kind.kind && controller.name === call.pass.key.name
}

/** What a call took from an object that is not its own. */
const changes = (before: Stored, after: Stored, { releases = [] }: Expectations): ReadonlyArray<string> => {
  const controller = ObjectMeta.controllerOf(after)
  const isAdopted = controller !== undefined && controller.uid !== ObjectMeta.controllerOf(before)?.uid
  const [had, has] = [before.metadata.finalizers ?? [], after.metadata.finalizers ?? []]
  const finalizers = [
    ...had.filter((name) => !has.includes(name)),
    ...has.filter((name) => !had.includes(name) && !DELETION.has(name))
  ].filter((name) => !releases.includes(name))
  return [
    ...(isAdopted ? [`made ${controller.kind} ${controller.name} its controller`] : []),
    ...takenFields(before, after),
    ...finalizers.map((name) => `${had.includes(name) ? "removed" : "added"} the finalizer ${name}`)
  ]
}

/** Finalizers that the API server adds when an object is deleted. */
const DELETION: ReadonlySet<string> = new Set(["foregroundDeletion", "orphan"])

/** Finalizers are compared by their names. */
const FINALIZERS = ".metadata.finalizers"

interface ManagedField {
  readonly manager: string
  readonly path: string
}

/** The fields that a manager owned and owns no more. A manager that owns more than before is the writer itself. */
const takenFields = (before: Stored, after: Stored): ReadonlyArray<string> => {
  const [had, has] = [managedFields(before), managedFields(after)]
  const isIn = (fields: ReadonlyArray<ManagedField>, { manager, path }: ManagedField) =>
    fields.some((field) => field.manager === manager && field.path === path)
  const writers = new Set(has.filter((field) => !isIn(had, field)).map(({ manager }) => manager))
  const taken = had.filter(
    (field) => !isIn(has, field) && !writers.has(field.manager) && !field.path.startsWith(FINALIZERS)
  )
  const managers = [...new Set(taken.map(({ manager }) => manager))]
  return managers.map((manager) => {
    const paths = taken.filter((field) => field.manager === manager).map(({ path }) => path)
    return `took ${paths.join(", ")} from the manager ${manager}`
  })
}

const managedFields = ({ metadata }: Stored): ReadonlyArray<ManagedField> =>
  (Array.isArray(metadata.managedFields) ? metadata.managedFields : [])
    .filter(ObjectMeta.isJsonObject)
    .flatMap(({ fieldsV1, manager }) => leaves(fieldsV1, "").map((path) => ({ manager: String(manager), path })))

/** The paths of `fieldsV1`: `.data` and `.data.copy` of `{"f:data": {".": {}, "f:copy": {}}}`. */
const leaves = (fields: ObjectMeta.JsonObject[string] | undefined, path: string): ReadonlyArray<string> => {
  const children = ObjectMeta.isJsonObject(fields) ? Object.entries(fields) : []
  if (children.length === 0) return [path]
  return children.flatMap(([name, child]) =>
    name === "." ? [path] : leaves(child, `${path}.${name.replace(/^f:/u, "")}`)
  )
}

/** `controlled by Deployment web`; or the managers of its fields. */
const describeOwner = (object: Stored): string => {
  const controller = ObjectMeta.controllerOf(object)
  if (controller !== undefined) return `controlled by ${controller.kind} ${controller.name} (uid ${controller.uid})`
  const managers = [...new Set(managedFields(object).map(({ manager }) => manager))]
  return managers.length === 0 ? "without a controller" : `without a controller, managed by ${managers.join(", ")}`
}
