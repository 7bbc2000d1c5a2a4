/** Selects the plan of a SeiNode that has no active one. Pure. */
import { Condition, type ObjectMeta, Reconciler, Requeue, Retry } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as ConfigIntent from "../resources/ConfigIntent.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import * as Deadlines from "./Deadlines.ts"
import * as Drift from "./Drift.ts"
import * as ImmutableFields from "./ImmutableFields.ts"
import { type Observation, owns, statusOf } from "./Observation.ts"
import * as PlanTemplates from "./PlanTemplates.ts"
import * as SpecValidation from "./SpecValidation.ts"

/**
 * | phase | observed | plan |
 * | --- | --- | --- |
 * | none, `Pending`, `Initializing` | a snapshot source and fewer than two state syncers | none, wait |
 * | none, `Pending`, `Initializing` | | init |
 * | `Running` | the images have drifted | update |
 * | `Running` | StatefulSet, Service or proxy configuration is missing or outdated | restore |
 * | `Running` | the sidecar is not ready | mark-ready |
 * | `Failed`, `Terminating` | | none |
 *
 * Fails with the field when the spec contradicts itself or an immutable fact of the node, and with the configuration
 * key when the platform lacks it. `mark-ready` of a running node does not depend on the spec and is planned even
 * then.
 */
export const decide = (observation: Observation): Result.Result<Reconciler.Decision, Reconciler.PlanRejected> => {
  const { phase } = observation.node.status
  if (phase === "Failed" || phase === "Terminating") return Result.succeed(Reconciler.nothing)
  const desired = desiredStatefulSet(observation)
  if (phase !== "Running") return Result.map(desired, () => initialize(observation))
  return Result.isFailure(desired) && observation.sidecar?._tag === "NotReady"
    ? Result.succeed(markReady(observation))
    : Result.map(desired, (manifest) => maintain(observation, StatefulSet.fingerprint(manifest)))
}

/**
 * The StatefulSet of the current spec. Fails when the spec cannot be planned. The configuration of a running node is
 * not validated, because no plan applies it again.
 */
export const desiredStatefulSet = (
  observation: Observation
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.gen(function* () {
    yield* SpecValidation.validate(observation.node.spec)
    yield* ImmutableFields.check(observation)
    const manifest = yield* StatefulSet.generate(observation.node, observation.platform, { replicas: 1 })
    if (observation.node.status.phase !== "Running") yield* validateConfigIntent(observation)
    return manifest
  })

const validateConfigIntent = ({ node }: Observation) => {
  const { mode, overrides } = ConfigIntent.apply(node)
  return Result.mapError(
    ConfigIntent.check(mode, overrides),
    ({ field, message }) => new Reconciler.PlanRejected({ field: `spec.${field}`, message })
  )
}

const initialize = (observation: Observation): Reconciler.Decision => {
  const message = missingStateSyncers(observation)
  return message === undefined
    ? Reconciler.createPlan(PlanTemplates.init(observation.node), "Initializing")
    : Reconciler.wait(Requeue.poll({ reason: "StateSyncersMissing", message }, Deadlines.STATE_SYNCERS))
}

/** Why a node with a snapshot source cannot start; `undefined` when it can. */
export const missingStateSyncers = ({ node, stateSync }: Observation): string | undefined =>
  stateSync._tag === "NoSyncersConfigured" || stateSync._tag === "SyncerSourceError"
    ? `fewer than two state syncers for chain ${node.spec.chainId}`
    : undefined

/** @param desired fingerprint of the StatefulSet that the spec requires */
const maintain = (observation: Observation, desired: string | undefined): Reconciler.Decision => {
  const { node, proxyConfig, service, sidecar, statefulSet } = observation
  const drift = Drift.find(observation)
  if (Drift.exists(drift)) {
    return Reconciler.createPlan(
      PlanTemplates.update(node, Drift.describe(drift), { isSidecarReachable: isSidecarReachable(observation) })
    )
  }
  const applied = owns(observation, statefulSet) ? StatefulSet.fingerprint(statefulSet) : undefined
  const stale = {
    proxyConfig: !owns(observation, proxyConfig),
    // A StatefulSet that another controller applied has no fingerprint. It stays as it is until the next update.
    statefulSet: !owns(observation, statefulSet) || (applied !== undefined && applied !== desired),
    service: !owns(observation, service)
  }
  if (Object.values(stale).includes(true)) return Reconciler.createPlan(PlanTemplates.restore(node, stale))
  if (sidecar?._tag === "NotReady") return markReady(observation)
  return sidecar?._tag === "Unreachable"
    ? Reconciler.wait(
        Requeue.poll({ reason: "SidecarUnreachable", message: "the sidecar is unreachable", detail: sidecar.message })
      )
    : Reconciler.nothing
}

/** Plans `mark-ready` at once, unless the last one was recent and the sidecar has not become ready since. */
const markReady = ({ node, now }: Observation): Reconciler.Decision => {
  const last = node.status.sidecarMarkedReadyAt
  const condition = Condition.find(statusOf(node), "SidecarReady")
  const wasReadySince =
    condition === undefined || condition.status === "True" || condition.lastTransitionTime >= (last ?? "")
  const due = last === undefined || wasReadySince ? now : nextMarkReady(last)
  return DateTime.isGreaterThan(due, now)
    ? Reconciler.wait(
        Requeue.after(DateTime.distance(now, due), {
          reason: "SidecarNotReady",
          message: "the sidecar does not report ready after mark-ready"
        })
      )
    : Reconciler.createPlan(PlanTemplates.markReady(node))
}

/** The earliest time of the next `mark-ready` after the one at `last`. */
export const nextMarkReady = (last: string): DateTime.Utc =>
  DateTime.addDuration(Retry.timeOf(last), Deadlines.MARK_READY_INTERVAL)

/** Whether the last health probe got an answer, or none was sent. */
export const isSidecarReachable = ({ sidecar }: Observation): boolean => sidecar?._tag !== "Unreachable"
