/** What an active plan takes for made already, and somebody has deleted: it would wait for it for ever. Pure. */
import * as Gates from "./Gates.ts"
import * as Modes from "./Modes.ts"
import type { Seen } from "./Seen.ts"
import * as Steps from "./Steps.ts"

/**
 * The step that makes it again; the plan goes on after that. Nothing without an active plan, which is the stored intent, nor
 * while a step that makes the object is still to come, nor of a new node whose plan has no such step. A StatefulSet comes back
 * only if every Secret is as it should be.
 */
export const find = (seen: Seen): Steps.Step | undefined => {
  const { node, proxyConfig, service, statefulSet } = seen
  const { phase, plan } = node.status
  if (plan?.phase !== "Active") return undefined
  const isToCome = (type: string) => plan.tasks.some((task) => task.type === type && task.status !== "Complete")
  const isPlanned = (type: string) => phase === "Running" || plan.tasks.some((task) => task.type === type)
  const isAllowed = Modes.gates(node.spec).every((gate) => Gates.judge(seen, gate)._tag === "Pass")
  const lost = (
    [
      ["apply-rbac-proxy-config", proxyConfig === undefined],
      ["apply-statefulset", statefulSet === undefined && isAllowed],
      ["apply-service", service === undefined && !isToCome("teardown-bootstrap")]
    ] as const
  ).find(([type, isGone]) => isGone && isPlanned(type) && !isToCome(type))
  return lost === undefined ? undefined : Steps.step(node)(lost[0])
}
