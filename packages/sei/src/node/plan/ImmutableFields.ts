/**
 * Chain, mode and volume of an existing SeiNode are immutable. Admission accepts an edit of them, for compatibility;
 * it is rejected here, before a pod of another chain or mode mounts the data. Pure.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { CHAIN_LABEL, ROLE_LABEL } from "../../shared/Identity.ts"
import { at, objects } from "../../shared/Unstructured.ts"
import { mode } from "../kinds/SeiNode.ts"
import { claimName, labels } from "../resources/NodeIdentity.ts"
import { isRunning, type Observation, owns, statusOf } from "./Observation.ts"
import * as TaskTraits from "./TaskTraits.ts"

interface ImmutableField {
  readonly field: string
  readonly description: string
  readonly current: unknown
  readonly desired: string
}

/**
 * Fails with the field whose value differs from the existing StatefulSet. When there is no StatefulSet but there is
 * data, the spec is compared with the generated PersistentVolumeClaim.
 */
export const check = (observation: Observation): Result.Result<void, Reconciler.PlanRejected> => {
  const { node } = observation
  const { plan } = node.status
  const hasData = isRunning(statusOf(node)) || (plan !== undefined && TaskTraits.taskWithData(plan) !== undefined)
  const pvc = hasData && owns(observation, observation.generatedPvc) ? observation.generatedPvc : undefined
  const existing = owns(observation, observation.statefulSet) ? observation.statefulSet : pvc
  if (existing === undefined) return Result.void
  const dataVolume = objects(at(existing.spec, "template", "spec", "volumes")).find(({ name }) => name === "data")
  const desired = labels(node)
  const fields: ReadonlyArray<ImmutableField> = [
    {
      field: "spec.chainId",
      description: "chain",
      current: at(existing.metadata.labels, CHAIN_LABEL),
      desired: desired[CHAIN_LABEL] ?? ""
    },
    {
      field: `spec.${mode(node.spec)}`,
      description: "mode",
      current: at(existing.metadata.labels, ROLE_LABEL),
      desired: desired[ROLE_LABEL] ?? ""
    },
    {
      field: "spec.dataVolume",
      description: "volume",
      current: at(dataVolume, "persistentVolumeClaim", "claimName") ?? pvc?.metadata.name,
      desired: claimName(node)
    }
  ]
  const changed = fields.find(({ current, desired }) => typeof current === "string" && current !== desired)
  if (changed === undefined) return Result.void
  const message =
    `field is immutable: the ${changed.description} cannot change from "${String(changed.current)}" ` +
    `to "${changed.desired}"; revert the edit or create another SeiNode`
  return Result.fail(new Reconciler.PlanRejected({ field: changed.field, message }))
}
