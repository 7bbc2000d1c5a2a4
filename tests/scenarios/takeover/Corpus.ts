/**
 * Nodes as the Go operator stores them, one file for each of its plans, and every moment in the middle of a plan at which
 * the operator may stop.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { NodeIdentity, SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Yaml from "yaml"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as Operator from "./Operator.ts"

type Json = NodeCluster.Json

/** A node as the operator stored it. */
export interface Recorded {
  /** The file name without its extension. */
  readonly name: string
  readonly node: Json
}

const RUNNING = "running in the sidecar"
const ENDED = "ended in the sidecar"
const UNKNOWN = "unknown to the sidecar"
/** The sidecar has the task, and the status write with its submission failed. */
const NOT_STORED = "submitted, and not stored"

/**
 * The state of the current task. A task that runs in the controller and waits is started.
 *
 * A `configure-genesis` whose last failure was not stored is missing on purpose. The operator submits that task in every
 * pass, so the sidecar may count more runs than the plan counts retries. Each run is then taken for a new failure, with one
 * back-off each, and nothing is submitted until the retries have reached the number of runs.
 */
export type State = "not started" | "started" | typeof RUNNING | typeof ENDED | typeof UNKNOWN | typeof NOT_STORED

export interface Moment {
  readonly recorded: Recorded
  /** How many tasks are complete. */
  readonly done: number
  readonly state: State
}

/** The time at which our controller takes over. */
const TAKEN_OVER = "2026-08-04T10:00:00Z"
const SUBMITTED = "2026-08-04T09:30:00Z"

/** Tasks that the operator stores as complete when the sidecar accepts them. They are never in flight. */
const SIGNALS: ReadonlyArray<string> = ["config-validate", "mark-ready"]
/** Tasks that run in the controller and may wait. */
const WAITS = [
  "validate-signing-key",
  "validate-node-key",
  "validate-operator-keyring",
  "await-bootstrap-complete",
  "replace-pod",
  "observe-image"
]
/** The task that sets a condition when its precondition holds. */
const PRECONDITIONS: { readonly [condition: string]: string } = {
  SigningKeyReady: "validate-signing-key",
  NodeKeyReady: "validate-node-key",
  OperatorKeyringReady: "validate-operator-keyring"
}

const read = (path: string): Recorded => {
  const node: Json = Yaml.parse(Fs.readFileSync(new URL(path, import.meta.url), "utf8"))
  return { name: Path.basename(path, ".yaml"), node }
}
const folder = (name: string): ReadonlyArray<Recorded> =>
  Fs.readdirSync(new URL(name, import.meta.url))
    .sort()
    .map((file) => read(`${name}/${file}`))

/** Nodes in the middle of a plan. */
export const plans = folder("plans")
/** Running nodes without a plan, one of each mode. */
export const running = folder("running")
/** A node that has failed permanently. */
export const failed = read("failed.yaml")

export const statusOf = ({ node }: Recorded): Json => NodeCluster.asObject(node.status)
export const planOf = (recorded: Recorded): Json => NodeCluster.asObject(statusOf(recorded).plan)
export const tasksOf = (recorded: Recorded): ReadonlyArray<Json> => NodeCluster.tasks(planOf(recorded))
const typeOf = (recorded: Recorded, index: number): string => String(tasksOf(recorded)[index]?.type)

/**
 * The first moment, the last, each moment at a task of the sidecar, and each moment at which a task of the controller may
 * wait. The first task of the sidecar appears in every state, the others in one of the two states that differ most.
 */
export const moments = (recorded: Recorded): ReadonlyArray<Moment> => [
  ...tasksOf(recorded).flatMap((_, done) => statesOf(recorded, done).map((state) => ({ recorded, done, state }))),
  { recorded, done: tasksOf(recorded).length, state: "not started" }
]

const statesOf = (recorded: Recorded, done: number): ReadonlyArray<State> => {
  const type = typeOf(recorded, done)
  const isFirst = !NodeCluster.types(planOf(recorded)).slice(0, done).some(NodeCluster.isRemote)
  if (WAITS.includes(type)) return ["started"]
  if (!NodeCluster.isRemote(type)) return done === 0 ? ["not started"] : []
  if (SIGNALS.includes(type)) return isFirst ? ["not started", NOT_STORED] : [NOT_STORED]
  return isFirst ? ["not started", NOT_STORED, ENDED, RUNNING, UNKNOWN] : [done % 2 === 0 ? RUNNING : UNKNOWN]
}

/** `4 of 8 done, config-apply running in the sidecar` */
export const describe = ({ done, recorded, state }: Moment): string => {
  const count = tasksOf(recorded).length
  return done === count ? `all ${count} done` : `${done} of ${count} done, ${typeOf(recorded, done)} ${state}`
}

/** Whether the sidecar has the current task. */
const isReceived = ({ state }: Moment): boolean => state === NOT_STORED || state === RUNNING || state === ENDED

/** Creates the cluster as it was when the operator stopped. The call log holds nothing of it but the StatefulSet. */
export const restore = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, moment: Moment) {
  const { done, recorded } = moment
  yield* TestClock.setTime(Date.parse(TAKEN_OVER))
  yield* Effect.forEach(Cases.secrets(), cluster.act)
  Cases.addSyncers(cluster)
  yield* cluster.create(NodeCluster.asObject(recorded.node.spec), NodeCluster.asObject(recorded.node.metadata))
  const { currentImage, phase } = statusOf(recorded)
  if (phase === "Running")
    yield* Operator.createRunning(cluster, typeof currentImage === "string" ? currentImage : undefined)
  // The pod that starts first has the volume. When that is the StatefulSet's pod, the bootstrap pod never runs.
  const job = NodeCluster.types(planOf(recorded)).indexOf("deploy-bootstrap-job")
  const isJobFirst = job >= 0 && (done > job + 1 || (done === job + 1 && moment.state !== "not started"))
  if (!isJobFirst) yield* Operator.applyStatefulSet(cluster)
  for (const [index, task] of tasksOf(recorded).slice(0, done).entries()) {
    yield* Operator.perform(cluster, task)
    if (isJobFirst && index === job) yield* Operator.applyStatefulSet(cluster)
  }
  yield* cluster.idle
  const current = tasksOf(recorded)[done]
  if (current !== undefined && isReceived(moment)) {
    yield* Operator.submit(cluster, current, { hasEnded: moment.state === ENDED })
  }
  yield* cluster.tamper(statusAt(cluster, moment))
  yield* cluster.callLog.clear
  yield* Operator.recordStatefulSet(cluster)
})

/** The status that the operator had stored. */
const statusAt = (cluster: NodeCluster.NodeCluster, { done, recorded, state }: Moment): Json => {
  const status = statusOf(recorded)
  const base = { ...status, statefulSet: { name: NodeCluster.NAME, uid: cluster.statefulSet()?.metadata.uid ?? "" } }
  if (planOf(recorded).phase !== "Active") return base
  const types = NodeCluster.types(planOf(recorded))
  const isDone = (type: string) => types.slice(0, done).includes(type)
  const isOver = done === types.length
  const isSubmitted = (index: number) =>
    index < done || (index === done && ["started", RUNNING, ENDED, UNKNOWN].includes(state))
  const tasks = tasksOf(recorded).map(({ submittedAt: _, ...task }, index) => ({
    ...task,
    status: index < done ? "Complete" : "Pending",
    ...(isSubmitted(index) ? { submittedAt: SUBMITTED } : {})
  }))
  const conditions = (Array.isArray(status.conditions) ? status.conditions : []).filter((condition: Json[string]) => {
    const precondition = PRECONDITIONS[String(NodeCluster.asObject(condition).type)]
    return status.phase === "Running" || precondition === undefined || isDone(precondition)
  })
  return {
    ...base,
    conditions,
    ...(isOver ? { phase: "Running", phaseTransitionTime: TAKEN_OVER, ...endpointOf(cluster) } : {}),
    ...(isDone("observe-image") ? imagesOf(recorded) : {}),
    plan: { ...planOf(recorded), phase: isOver ? "Complete" : "Active", tasks }
  }
}

const endpointOf = (cluster: NodeCluster.NodeCluster): Json => {
  const endpoint = NodeIdentity.endpoint(Operator.nodeOf(cluster))
  return endpoint === undefined ? {} : { endpoint }
}

const imagesOf = ({ node }: Recorded): Json => ({
  currentImage: NodeCluster.asObject(node.spec).image ?? "",
  currentSidecarImage: SamplePlatform.sample.images.sidecar
})
