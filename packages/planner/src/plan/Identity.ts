/** Ids of plans and tasks, derived from what was read: two passes that saw the same object build the same plan (INV-14). */
import { createHash } from "node:crypto"
import type { KubernetesObject } from "../model/ObjectMeta.ts"
import { PlanId, TaskId } from "../model/TaskPlan.ts"

/** UUID namespace of every id. Part of the stored form: another namespace would orphan tasks that agents already run. */
const NAMESPACE = "b7e89c3a-4f12-4d8b-9a6e-1c2d3e4f5a6b"

/**
 * The id of the plan `name` for an object. Any change of the object, such as another generation or a recorded failure,
 * gives another resource version and so another id.
 */
export const planId = (object: KubernetesObject, name: string): PlanId =>
  PlanId.make(uuid(`${object.metadata.uid}/${object.metadata.resourceVersion}/${name}`))

/** The id of the task at a position of a plan. The position tells two tasks of one type apart. */
export const taskId = (plan: PlanId, type: string, index: number): TaskId =>
  TaskId.make(uuid(`${plan}/${type}/${index}`))

/** UUID version 5 (RFC 9562) of a name in the namespace. */
const uuid = (name: string): string => {
  const hash = createHash("sha1")
    .update(Buffer.from(NAMESPACE.replaceAll("-", ""), "hex"))
    .update(name)
    .digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
