/** Which task repairs the objects of an active plan. */
import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, type TaskPlan } from "@portolan/planner"
import * as MissingObjects from "../src/node/plan/MissingObjects.ts"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as TaskTraits from "../src/node/plan/TaskTraits.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Spec = NonNullable<Fixtures.NodeParts["spec"]>

const KEYS = {
  validator: { signingKey: { secret: { secretName: "key" } }, nodeKey: { secret: { secretName: "node" } } }
}

/** The stored form of a plan of which the tasks before `current` are complete. */
const stored = (plan: TaskPlan.TaskPlan, current: string) => {
  const index = plan.tasks.findIndex(({ type }) => type === current)
  assert.isAtLeast(index, 0, `${current} is a task of the plan`)
  const tasks = plan.tasks.map((task, at) => ({ ...task, status: at < index ? "Complete" : "Pending" }))
  return { ...plan, tasks }
}

/** The type of the repair of a plan at a task, after an observation. */
const repair = (
  template: (node: ReturnType<typeof Fixtures.node>) => PlanTemplates.NodePlanTemplate,
  current: string,
  observed: Partial<Observation>,
  { phase = "Running", spec = {} }: { readonly phase?: string; readonly spec?: Spec } = {}
) => {
  const node = Fixtures.node({ spec })
  const plan = stored(PlanBuilder.build(node.object, template(node)), current)
  const observation = Fixtures.observation(
    { spec, status: { phase, plan: JSON.parse(JSON.stringify(plan)) } },
    { ...Fixtures.converged(), ...observed }
  )
  return MissingObjects.repairTask(observation)?.type
}

const markReady = PlanTemplates.markReady
const init = (node: ReturnType<typeof Fixtures.node>) => PlanTemplates.init(node)

describe("the repair of an active plan", () => {
  it("is not needed while all objects exist, nor without an active plan", () => {
    assert.isUndefined(repair(markReady, "mark-ready", {}))
    assert.isUndefined(MissingObjects.repairTask(Fixtures.observation({ status: { phase: "Running" } })))
  })

  it.each([
    ["proxyConfig", "apply-rbac-proxy-config"],
    ["statefulSet", "apply-statefulset"],
    ["service", "apply-service"]
  ] as const)("applies a deleted %s of a running node, although the plan does not have %s", (object, type) => {
    assert.strictEqual(repair(markReady, "mark-ready", { [object]: undefined }), type)
  })

  it("applies a deleted object of an init plan, unless a later task of the plan does", () => {
    const phase = "Initializing"
    assert.strictEqual(repair(init, "mark-ready", { service: undefined }, { phase }), "apply-service")
    assert.isUndefined(repair(init, "apply-statefulset", { service: undefined }, { phase }))
    assert.isUndefined(repair(markReady, "mark-ready", { service: undefined }, { phase }))
  })

  it("applies a StatefulSet only while the Secrets of the spec are valid", () => {
    const [name, signingKey] = [{ type: "t", value: "v" }, "priv_validator_key.json"]
    const secret = (file: string, content: object) =>
      Fixtures.owned("Secret", file, { data: { [file]: Buffer.from(JSON.stringify(content)).toString("base64") } })
    const secrets = new Map([
      ["key", secret(signingKey, { address: "A", pub_key: name, priv_key: name })],
      ["node", secret("node_key.json", { priv_key: name })]
    ])
    const statefulSet = undefined
    assert.isUndefined(repair(markReady, "mark-ready", { statefulSet }, { spec: KEYS }))
    assert.strictEqual(repair(markReady, "mark-ready", { statefulSet, secrets }, { spec: KEYS }), "apply-statefulset")
  })
})

describe("the repair of a pod that never started", () => {
  const pending = { ...Fixtures.pod("r0", "sei:old"), status: { phase: "Pending" } }

  it("replaces the pod while the plan waits for its sidecar", () => {
    assert.strictEqual(repair(markReady, "mark-ready", { pods: [pending] }), "replace-pod")
  })

  it("does nothing while another pod runs, or the current task is one of the controller", () => {
    assert.isUndefined(repair(markReady, "mark-ready", { pods: [pending, Fixtures.pod("r0", "sei:old")] }))
    const update = (node: ReturnType<typeof Fixtures.node>) =>
      PlanTemplates.update(node, "test", { isSidecarReachable: true })
    assert.isUndefined(repair(update, "observe-image", { pods: [pending] }))
  })
})

describe("the task that a sidecar works on", () => {
  const plan = (type: string): TaskPlan.TaskPlan => {
    const built = PlanBuilder.build(Fixtures.node().object, PlanTemplates.init(Fixtures.node()))
    return {
      ...built,
      tasks: built.tasks.slice(0, 1).map((task) => ({ ...task, type, submittedAt: "2026-01-01T00:00:00.000Z" }))
    }
  }

  it.each([
    ["config-apply", true],
    ["mark-ready", false],
    ["apply-service", false],
    ["a type of a later version", false]
  ] as const)("is %s: %s", (type, expected) => {
    assert.strictEqual(TaskTraits.taskInFlight(plan(type)) !== undefined, expected)
  })

  it("has no data of a task that this version does not know", () => {
    assert.isUndefined(TaskTraits.taskWithData(plan("a type of a later version")))
    assert.strictEqual(TaskTraits.taskWithData(plan("config-apply"))?.type, "config-apply")
    assert.isFalse(TaskTraits.isRemote("apply-service"))
    assert.isTrue(TaskTraits.isRemote("mark-ready"))
  })
})
