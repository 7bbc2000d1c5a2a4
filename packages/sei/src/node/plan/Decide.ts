/** Which plan a node without an active one needs. Pure. */
import { Condition, type ObjectMeta, Reconciler, Requeue, Retry } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as ConfigIntent from "../resources/ConfigIntent.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import * as Drift from "./Drift.ts"
import * as Fixed from "./ImmutableFields.ts"
import * as NodePlans from "./NodePlans.ts"
import { type Observation, owns, statusOf } from "./Observation.ts"
import * as SpecChecks from "./SpecChecks.ts"

/** A sidecar that was told and still waits is told again, but not sooner than this. */
const MARK_READY_INTERVAL = Duration.seconds(30)
/** State syncers are brought by people. */
const SYNCERS_PATIENCE = Duration.hours(1)

/**
 * | phase | seen | plan |
 * | --- | --- | --- |
 * | none, `Pending`, `Initializing` | fewer than two state syncers, and the node begins from state | none yet |
 * | none, `Pending`, `Initializing` | | init |
 * | `Running` | another image is wanted | update |
 * | `Running` | StatefulSet, Service or proxy configuration is gone, or not what the spec makes | restore |
 * | `Running` | the sidecar waits | mark-ready |
 * | `Failed` | | none: someone has to act |
 *
 * Refused, with the field or the key, when the spec contradicts itself or what the node already is, or the platform lacks
 * what the pod needs. A running node's sidecar is told to go on even then.
 */
export const decide = (observation: Observation): Result.Result<Reconciler.Decision, Reconciler.PlanRejected> => {
  const { phase } = observation.node.status
  if (phase === "Failed" || phase === "Terminating") return Result.succeed(Reconciler.nothing)
  const wanted = wantedOf(observation)
  if (phase !== "Running") return Result.map(wanted, () => ofNew(observation))
  return Result.isFailure(wanted) && observation.sidecar?._tag === "NotReady"
    ? Result.succeed(markReady(observation))
    : Result.map(wanted, (manifest) => ofRunning(observation, StatefulSet.fingerprint(manifest)))
}

/** The StatefulSet that the spec asks for, if it can be planned. A running node's configuration was asked for already. */
export const wantedOf = (observation: Observation): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.gen(function* () {
    yield* SpecChecks.check(observation.node.spec)
    yield* Fixed.check(observation)
    const wanted = yield* StatefulSet.generate(observation.node, observation.platform, { replicas: 1 })
    if (observation.node.status.phase !== "Running") yield* intended(observation)
    return wanted
  })

/** The configuration can be asked for, as far as that can be seen before a sidecar sees it. */
const intended = ({ node }: Observation) => {
  const { mode, overrides } = ConfigIntent.apply(node)
  return Result.mapError(
    ConfigIntent.check(mode, overrides),
    ({ field, message }) => new Reconciler.PlanRejected({ field: `spec.${field}`, message })
  )
}

const ofNew = (observation: Observation): Reconciler.Decision => {
  const lacking = lackingOf(observation)
  return lacking === undefined
    ? Reconciler.createPlan(NodePlans.init(observation.node), "Initializing")
    : Reconciler.wait(Requeue.poll({ reason: "StateSyncersMissing", message: lacking }, SYNCERS_PATIENCE))
}

/** What has to be there before a node can begin as its spec says. */
export const lackingOf = ({ node, stateSync }: Observation): string | undefined =>
  stateSync._tag === "Blocked" || stateSync._tag === "Unknown"
    ? `fewer than two state syncers for chain ${node.spec.chainId}`
    : undefined

const ofRunning = (observation: Observation, fingerprint: string | undefined): Reconciler.Decision => {
  const { node, proxyConfig, service, sidecar, statefulSet } = observation
  const drift = Drift.find(observation)
  if (Drift.exists(drift)) {
    return Reconciler.createPlan(
      NodePlans.update(node, Drift.describe(drift), { sidecarAnswers: answers(observation) })
    )
  }
  const made = owns(observation, statefulSet) ? StatefulSet.fingerprint(statefulSet) : undefined
  const stale = {
    proxyConfig: !owns(observation, proxyConfig),
    // One that another controller made has no fingerprint, and is left as it is until the next update.
    statefulSet: !owns(observation, statefulSet) || (made !== undefined && made !== fingerprint),
    service: !owns(observation, service)
  }
  if (Object.values(stale).includes(true)) return Reconciler.createPlan(NodePlans.restore(node, stale))
  if (sidecar?._tag === "NotReady") return markReady(observation)
  return sidecar?._tag === "Unreachable"
    ? Reconciler.wait(
        Requeue.poll({ reason: "SidecarUnreachable", message: "the sidecar is unreachable", detail: sidecar.message })
      )
    : Reconciler.nothing
}

/** At once, unless the last time is recent and has not helped. */
const markReady = ({ node, now }: Observation): Reconciler.Decision => {
  const last = node.status.sidecarMarkedReadyAt
  const shown = Condition.find(statusOf(node), "SidecarReady")
  const hasHelped = shown === undefined || shown.status === "True" || shown.lastTransitionTime >= (last ?? "")
  const due = last === undefined || hasHelped ? now : tellAgainAt(last)
  return DateTime.isGreaterThan(due, now)
    ? Reconciler.wait(
        Requeue.after(DateTime.distance(now, due), {
          reason: "SidecarNotReady",
          message: "the sidecar does not report ready after mark-ready"
        })
      )
    : Reconciler.createPlan(NodePlans.reapply(node))
}

/** When a sidecar that was told is told again, if it still does not say so itself. */
export const tellAgainAt = (last: string): DateTime.Utc => DateTime.addDuration(Retry.timeOf(last), MARK_READY_INTERVAL)

export const answers = ({ sidecar }: Observation): boolean => sidecar?._tag !== "Unreachable"
