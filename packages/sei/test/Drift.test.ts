/** Whether a node, a rollout or a bootstrap runs other images than the spec and the platform require. */
import { assert, describe, it } from "@effect/vitest"
import { type ObjectMeta, PlanBuilder, type TaskPlan } from "@portolan/planner"
import * as Drift from "../src/node/plan/Drift.ts"
import { type Observation, revisionOf, runningImages } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const NEW = "sei:new"
const SPEC = { image: NEW }
const { sidecar } = sample.images

/** A plan of the node of which the tasks before `current` are complete. */
const planAt = (
  template: PlanTemplates.NodePlanTemplate,
  current: string,
  node = Fixtures.node({ spec: SPEC })
): TaskPlan.TaskPlan => {
  const plan = PlanBuilder.build(node.object, template)
  const index = plan.tasks.findIndex(({ type }) => type === current)
  return { ...plan, tasks: plan.tasks.map((task, at) => (at < index ? { ...task, status: "Complete" } : task)) }
}

/** The observed objects of a rollout: an image in the template and another one in the pod. */
const rollout = (template: string, pod: string, podSidecar = sidecar): Partial<Observation> => ({
  ...Fixtures.converged(template),
  pods: [Fixtures.pod("r0", pod, podSidecar)]
})

const terminating = (pod: ObjectMeta.KubernetesObject): ObjectMeta.KubernetesObject => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" }
})

describe("drift is described", () => {
  const seid = { spec: "a", current: "b" }
  it.each([
    ["no drift", {}],
    ["image drift detected: spec=a current=b", { seid }],
    ["sidecar image drift detected: spec=a current=b", { sidecar: seid }],
    ["image drift detected: seid spec=a current=b; sidecar spec=a current=b", { seid, sidecar: seid }]
  ])("%s", (text, drift) => {
    assert.strictEqual(Drift.describe({ seid: undefined, sidecar: undefined, ...drift }), text)
  })
})

describe("the images of an update plan", () => {
  const update = PlanTemplates.update(Fixtures.node({ spec: SPEC }), "test", { isSidecarReachable: true })
  const isOutdated = (current: string, observed: Partial<Observation>) =>
    Drift.hasOutdatedRollout(Fixtures.observation({ spec: SPEC }, observed), planAt(update, current))

  it("are not outdated before the plan has applied the StatefulSet", () => {
    assert.isFalse(isOutdated("apply-statefulset", rollout("sei:old", "sei:old")))
  })

  it("are outdated when the template has another image, and are not when template and pod agree", () => {
    assert.isTrue(isOutdated("replace-pod", rollout("sei:old", NEW)))
    assert.isFalse(isOutdated("observe-image", rollout(NEW, NEW)))
  })

  it("are outdated in the pod only after the plan has replaced it", () => {
    assert.isFalse(isOutdated("replace-pod", rollout(NEW, "sei:old")))
    assert.isTrue(isOutdated("observe-image", rollout(NEW, "sei:old")))
  })

  it("are not outdated before the StatefulSet controller has observed the template", () => {
    const statefulSet = Fixtures.owned("StatefulSet", "node-0", {
      spec: { template: { spec: { containers: [{ name: "seid", image: NEW }] } } },
      status: { observedGeneration: 0, updateRevision: "r1" }
    })
    assert.isFalse(isOutdated("observe-image", { ...rollout(NEW, "sei:old"), statefulSet }))
  })

  it("include the image of the sidecar", () => {
    assert.isTrue(isOutdated("observe-image", rollout(NEW, NEW, "seictl:old")))
  })
})

describe("the images of a bootstrap Job", () => {
  const spec = { ...SPEC, fullNode: { snapshot: { s3: { targetHeight: 5 }, bootstrapImage: "sei:bootstrap" } } }
  const node = Fixtures.node({ spec })
  const bootstrapJob = Fixtures.owned("Job", "node-0-bootstrap", {
    spec: { template: { spec: { containers: [{ name: "seid", image: "sei:old" }] } } }
  })
  const isOutdated = (current: string) =>
    Drift.hasOutdatedBootstrap(
      Fixtures.observation({ spec }, { bootstrapJob }),
      planAt(PlanTemplates.init(node), current, node)
    )

  it.each([
    ["deploy-bootstrap-job", false],
    ["snapshot-restore", true],
    ["await-bootstrap-complete", true],
    ["teardown-bootstrap", false]
  ] as const)("before %s are outdated: %s", (current, expected) => {
    assert.strictEqual(isOutdated(current), expected)
  })
})

describe("the running images", () => {
  const images = (observed: Partial<Observation>) => runningImages(Fixtures.observation({ spec: SPEC }, observed))

  it("are those of the pod that is not terminating", () => {
    const pods = [terminating(Fixtures.pod("r0", "sei:old")), Fixtures.pod("r0", "sei:other")]
    assert.strictEqual(images({ ...Fixtures.converged(NEW), pods }).seid, "sei:other")
    assert.deepStrictEqual(images({ ...Fixtures.converged(NEW), pods: pods.slice(0, 1) }), {
      seid: undefined,
      sidecar: undefined
    })
  })

  it("are those of the pod, if it has no revision", () => {
    const { labels: _, ...metadata } = Fixtures.pod("r0").metadata
    const pods = [{ ...Fixtures.pod("r0", "sei:old"), metadata }]
    assert.strictEqual(images({ ...Fixtures.converged(NEW), pods }).seid, "sei:old")
    const unobserved = Fixtures.owned("StatefulSet", "node-0", { status: { observedGeneration: 0 } })
    assert.strictEqual(images({ statefulSet: unobserved, pods }).seid, "sei:old")
  })

  it("are unknown, if the pod names none", () => {
    const pod = { ...Fixtures.pod("r0"), spec: { containers: [{ name: "seid", image: 5 }] } }
    assert.deepStrictEqual(images({ ...Fixtures.converged(NEW), pods: [pod] }), { seid: undefined, sidecar: undefined })
  })

  it("have no revision without a StatefulSet, or with one that is no text", () => {
    assert.isUndefined(revisionOf(undefined))
    const status = { observedGeneration: 1, updateRevision: 1 }
    assert.isUndefined(revisionOf(Fixtures.owned("StatefulSet", "node-0", { status })))
  })
})
