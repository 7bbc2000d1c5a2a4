/**
 * Nodes as another controller of the same kind leaves them: one file for each of its plans, and every moment at which it may
 * stop in the middle of one.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { NodeIdentity, SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Yaml from "yaml"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as Operator from "./Operator.ts"

type Json = TestCluster.Json

/** A node as that controller stored it. */
export interface Left {
  /** The file's name without its ending. */
  readonly name: string
  readonly node: Json
}

const RUNNING = "in flight, and running"
const ENDED = "in flight, and ended"
const UNKNOWN = "in flight, and unknown to the sidecar"
/** The sidecar has it, and the status write that would say so was lost. */
const UNRECORDED = "sent, and not recorded"

/**
 * How the current task stood. A task of the controller's own that it waits for has begun.
 *
 * Not among them: `configure-genesis` whose last run failed unseen. That controller sends a task again at every look, so its
 * sidecar may count more runs than the plan counts retries; each of them is taken for a new failure, and until the retries
 * have caught up with the runs, one back-off each, nothing is sent.
 */
export type Sent = "not begun" | "begun" | typeof RUNNING | typeof ENDED | typeof UNKNOWN | typeof UNRECORDED

export interface Moment {
  readonly left: Left
  /** How many tasks are complete. */
  readonly done: number
  readonly sent: Sent
}

const TAKEN_OVER = "2026-08-04T10:00:00Z"
const SUBMITTED = "2026-08-04T09:30:00Z"

/** Tasks that complete there when the sidecar takes them: they are never seen in flight. */
const SIGNALS: ReadonlyArray<string> = ["config-validate", "mark-ready"]
/** Tasks of the controller's own that may wait. */
const WAITS = [
  "validate-signing-key",
  "validate-node-key",
  "validate-operator-keyring",
  "await-bootstrap-complete",
  "replace-pod",
  "observe-image"
]
/** Conditions that a gate sets once it has passed. */
const GATES: { readonly [condition: string]: string } = {
  SigningKeyReady: "validate-signing-key",
  NodeKeyReady: "validate-node-key",
  OperatorKeyringReady: "validate-operator-keyring"
}

const read = (path: string): Left => {
  const node: Json = Yaml.parse(Fs.readFileSync(new URL(path, import.meta.url), "utf8"))
  return { name: Path.basename(path, ".yaml"), node }
}
const folder = (name: string): ReadonlyArray<Left> =>
  Fs.readdirSync(new URL(name, import.meta.url))
    .sort()
    .map((file) => read(`${name}/${file}`))

/** In the middle of a plan. */
export const plans = folder("plans")
/** At rest, one of each mode. */
export const running = folder("running")
/** Failed for good. */
export const failed = read("failed.yaml")

export const statusOf = ({ node }: Left): Json => TestCluster.asObject(node.status)
export const planOf = (left: Left): Json => TestCluster.asObject(statusOf(left).plan)
export const tasksOf = (left: Left): ReadonlyArray<Json> => TestCluster.tasks(planOf(left))
const typeOf = (left: Left, index: number): string => String(tasksOf(left)[index]?.type)

/**
 * The first moment, the last, each one at a task of the sidecar's, and each one that a task of the controller's own may wait
 * in. The first task of the sidecar's is met in every way that it may stand, the others by turns in the two that differ most.
 */
export const moments = (left: Left): ReadonlyArray<Moment> => [
  ...tasksOf(left).flatMap((_, done) => sendings(left, done).map((sent) => ({ left, done, sent }))),
  { left, done: tasksOf(left).length, sent: "not begun" }
]

const sendings = (left: Left, done: number): ReadonlyArray<Sent> => {
  const type = typeOf(left, done)
  const isFirst = !TestCluster.types(planOf(left)).slice(0, done).some(TestCluster.isRemote)
  if (WAITS.includes(type)) return ["begun"]
  if (!TestCluster.isRemote(type)) return done === 0 ? ["not begun"] : []
  if (SIGNALS.includes(type)) return isFirst ? ["not begun", UNRECORDED] : [UNRECORDED]
  return isFirst ? ["not begun", UNRECORDED, ENDED, RUNNING, UNKNOWN] : [done % 2 === 0 ? RUNNING : UNKNOWN]
}

/** `4 of 8, config-apply in flight, and running`: when it stopped. */
export const describe = ({ done, left, sent }: Moment): string => {
  const count = tasksOf(left).length
  return done === count ? `all ${count} done` : `${done} of ${count} done, ${typeOf(left, done)} ${sent}`
}

/** The sidecar has heard of the current task. */
const isReceived = ({ sent }: Moment): boolean => sent === UNRECORDED || sent === RUNNING || sent === ENDED

/** Makes the world as it was when that controller stopped, with nothing of it in the ledger but whose the StatefulSet is. */
export const leave = Effect.fnUntraced(function* (cluster: TestCluster.TestCluster, moment: Moment) {
  const { done, left } = moment
  yield* TestClock.setTime(Date.parse(TAKEN_OVER))
  yield* Cases.named("a validator with its keys").prepare(cluster)
  yield* Cases.syncers(cluster)
  yield* cluster.create(TestCluster.asObject(left.node.spec), TestCluster.asObject(left.node.metadata))
  const { currentImage, phase } = statusOf(left)
  if (phase === "Running")
    yield* Operator.converged(cluster, typeof currentImage === "string" ? currentImage : undefined)
  // Whoever starts first has the volume. Where the StatefulSet's pod did, the Job's sidecar never hears of anything.
  const job = TestCluster.types(planOf(left)).indexOf("deploy-bootstrap-job")
  const isJobFirst = job >= 0 && (done > job + 1 || (done === job + 1 && moment.sent !== "not begun"))
  if (!isJobFirst) yield* Operator.statefulSet(cluster)
  for (const [index, task] of tasksOf(left).slice(0, done).entries()) {
    yield* Operator.perform(cluster, task)
    if (isJobFirst && index === job) yield* Operator.statefulSet(cluster)
  }
  yield* Operator.rest(cluster)
  const current = tasksOf(left)[done]
  if (current !== undefined && isReceived(moment)) {
    yield* Operator.submit(cluster, current, { hasEnded: moment.sent === ENDED })
  }
  yield* cluster.tamper(statusAt(cluster, moment))
  yield* cluster.callLog.clear
  yield* Operator.confess(cluster)
})

/** The status that it had stored. */
const statusAt = (cluster: TestCluster.TestCluster, { done, left, sent }: Moment): Json => {
  const status = statusOf(left)
  const found = { ...status, statefulSet: { name: TestCluster.NAME, uid: cluster.statefulSet()?.metadata.uid ?? "" } }
  if (planOf(left).phase !== "Active") return found
  const types = TestCluster.types(planOf(left))
  const isDone = (type: string) => types.slice(0, done).includes(type)
  const isOver = done === types.length
  const isSubmitted = (index: number) =>
    index < done || (index === done && ["begun", RUNNING, ENDED, UNKNOWN].includes(sent))
  const tasks = tasksOf(left).map(({ submittedAt: _, ...task }, index) => ({
    ...task,
    status: index < done ? "Complete" : "Pending",
    ...(isSubmitted(index) ? { submittedAt: SUBMITTED } : {})
  }))
  const conditions = (Array.isArray(status.conditions) ? status.conditions : []).filter((condition: Json[string]) => {
    const gate = GATES[String(TestCluster.asObject(condition).type)]
    return status.phase === "Running" || gate === undefined || isDone(gate)
  })
  return {
    ...found,
    conditions,
    ...(isOver ? { phase: "Running", phaseTransitionTime: TAKEN_OVER, ...serving(cluster) } : {}),
    ...(isDone("observe-image") ? images(left) : {}),
    plan: { ...planOf(left), phase: isOver ? "Complete" : "Active", tasks }
  }
}

const serving = (cluster: TestCluster.TestCluster): Json => {
  const endpoint = NodeIdentity.endpoint(Operator.nodeOf(cluster))
  return endpoint === undefined ? {} : { endpoint }
}

const images = ({ node }: Left): Json => ({
  currentImage: TestCluster.asObject(node.spec).image ?? "",
  currentSidecarImage: SamplePlatform.sample.images.sidecar
})
