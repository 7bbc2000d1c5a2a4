/** Which plan a node needs, and when an active one has to give way. Pure. */
import { Condition, Reconciler, Requeue, Retry, type TaskPlan } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as StatefulSet from "../resources/StatefulSet.ts"
import * as Drift from "./Drift.ts"
import * as NodePlans from "./NodePlans.ts"
import { owns, type Seen, statusOf } from "./Seen.ts"

/** A sidecar that was told and still waits is told again, but not sooner than this. */
const MARK_READY_INTERVAL = Duration.seconds(30)

/**
 * The plan that a node without an active one needs.
 *
 * | phase | seen | plan |
 * | --- | --- | --- |
 * | none, `Pending`, `Initializing` | | init |
 * | `Running` | another image is wanted | update |
 * | `Running` | StatefulSet, Service or proxy configuration is gone | restore |
 * | `Running` | the sidecar waits | mark-ready |
 * | `Failed` | | none: someone has to act |
 *
 * Refused, with the key, when the platform lacks what the pod needs.
 */
export const decide = (seen: Seen): Result.Result<Reconciler.Decision, Reconciler.PlanRefused> =>
  Result.gen(function* () {
    const { node, platform } = seen
    if (node.status.phase === "Failed" || node.status.phase === "Terminating") return Reconciler.nothing
    yield* StatefulSet.generate(node, platform, { replicas: 1 })
    if (node.status.phase === "Running") return ofRunning(seen)
    const plan = NodePlans.init(node, `a new ${node.spec.chainId} node from genesis`)
    return Reconciler.begin(plan, "Initializing")
  })

/** The plan that takes the place of an active one which waits for a pod that is no longer wanted. */
export const supersede = (seen: Seen, plan: TaskPlan.TaskPlan): Option.Option<NodePlans.NodeBlueprint> => {
  if (!Drift.outdates(seen, plan)) return Option.none()
  const because = "another image is wanted than the plan rolled out"
  return Option.some(
    seen.node.status.phase === "Running"
      ? NodePlans.update(seen.node, because, { sidecarAnswers: answers(seen) })
      : NodePlans.init(seen.node, because, { replacesPod: true })
  )
}

const ofRunning = (seen: Seen): Reconciler.Decision => {
  const drift = Drift.find(seen)
  if (Drift.exists(drift)) {
    return Reconciler.begin(NodePlans.update(seen.node, Drift.describe(drift), { sidecarAnswers: answers(seen) }))
  }
  const missing = {
    proxyConfig: !owns(seen, seen.proxyConfig),
    statefulSet: !owns(seen, seen.statefulSet),
    service: !owns(seen, seen.service)
  }
  if (Object.values(missing).includes(true)) return Reconciler.begin(NodePlans.restore(seen.node, missing))
  switch (seen.sidecar?._tag) {
    case "NotReady":
      return markReady(seen)
    case "Unreachable":
      return Reconciler.wait(Requeue.poll("the sidecar to answer"))
    default:
      return Reconciler.nothing
  }
}

/** At once, unless the last time is recent and has not helped. */
const markReady = ({ node, now }: Seen): Reconciler.Decision => {
  const last = node.status.sidecarMarkedReadyAt
  const shown = Condition.find(statusOf(node), "SidecarReady")
  const hasHelped = shown === undefined || shown.status === "True" || shown.lastTransitionTime >= (last ?? "")
  const due = last === undefined || hasHelped ? now : DateTime.addDuration(Retry.timeOf(last), MARK_READY_INTERVAL)
  return DateTime.isGreaterThan(due, now)
    ? Reconciler.wait(Requeue.after(DateTime.distance(now, due), "the sidecar, which was told that its node may start"))
    : Reconciler.begin(NodePlans.reapply())
}

const answers = ({ sidecar }: Seen): boolean => sidecar?._tag !== "Unreachable"
