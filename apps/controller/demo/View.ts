/** Renders reconcile reports as text. Data in, lines out: prints nothing. */
import { MergePatch, ObjectMeta, Plan, ReconcileReport, Requeue, Retry, TaskPlan, Wait } from "@portolan/planner"
import * as Duration from "effect/Duration"

type Json = ObjectMeta.JsonObject

/** How text is coloured; {@link plain} leaves it as it is. */
export interface Style {
  readonly paint: (code: Colour, text: string) => string
}
type Colour = "green" | "yellow" | "red" | "dim" | "bold"

const CODES: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 }

export const plain: Style = { paint: (_, text) => text }
export const coloured: Style = {
  paint: (colour, text) => (text === "" ? "" : `\u001b[${CODES[colour]}m${text}\u001b[0m`)
}

/** One part of a scenario: its title and the reconciles so far. */
export interface Section {
  readonly title: string
  readonly reports: ReadonlyArray<TimedReport>
}

/** A report, and the milliseconds since the start when it was received. */
export interface TimedReport {
  readonly report: ReconcileReport.ReconcileReport
  readonly elapsedMs: number
}

/**
 * One reconcile as a log line: time, number, phase and plan after it, what it did, what it waits for, and which status
 * fields it patched.
 */
export const reconcileLine = (timed: TimedReport, style: Style): string => {
  const { elapsedMs, report } = timed
  const fields = Object.keys(report.patch)
  const status = statusAfter(timed)
  const columns = [
    style.paint("dim", `${(elapsedMs / 1000).toFixed(2).padStart(6)} s`),
    style.paint("bold", `reconcile ${report.pass.number}`.padEnd(12)),
    String(status.phase ?? "-").padEnd(12),
    planProgress(status).padEnd(10)
  ]
  const details = [
    actionText(report),
    style.paint("yellow", waitingText(report.requeue)),
    fields.length === 0 ? "" : style.paint("dim", `patched status: ${fields.join(", ")}`)
  ]
  return [...columns, details.filter((detail) => detail !== "").join("; ")].join("  ").trimEnd()
}

/** Empty when the other columns of the line say it all: a plan is executed, or the object waits. */
const actionText = (report: ReconcileReport.ReconcileReport): string => {
  const { action, requeue } = report
  if (action._tag === "ExecutePlan" && action.holdReason === undefined) return ""
  if (action._tag === "Wait") return Requeue.waitOf(requeue) === undefined ? "nothing to do" : ""
  return ReconcileReport.describe(report)
}

/** `waiting: PodNotReady (pod node-0-0 is not ready), next check ≤ 5 s`; empty when the object is not waiting. */
const waitingText = (requeue: Requeue.Requeue): string => {
  const wait = Requeue.waitOf(requeue)
  return wait === undefined
    ? ""
    : `waiting: ${wait.reason} (${wait.detail ?? wait.message}), next check ${nextCheck(requeue)}`
}

const POLL_MAX = Retry.pollDelay(Number.POSITIVE_INFINITY)

const nextCheck = (requeue: Requeue.Requeue): string => {
  const seconds = (duration: Duration.Duration) => `${Math.ceil(Duration.toSeconds(duration))} s`
  if (requeue._tag === "After") return `in ${seconds(requeue.delay)}`
  return requeue._tag === "Poll" ? `≤ ${seconds(POLL_MAX)}` : Requeue.when(requeue)
}

/** A line for each task whose state the reconcile changed. */
export const taskLines = (timed: TimedReport, style: Style): ReadonlyArray<string> => {
  const before = planOf(ObjectMeta.statusOf(timed.report.object))
  const after = planOf(statusAfter(timed))
  if (after === undefined) return []
  return after.tasks.flatMap((task) => {
    const old = before?.tasks.find(({ id }) => id === task.id)
    return old !== undefined && MergePatch.same({ ...old }, { ...task }) ? [] : [`            ${taskText(task, style)}`]
  })
}

/** A section as a block for a terminal: the latest plan with its tasks, and the latest reconciles. */
export const block = ({ reports, title }: Section, style: Style, width: number): ReadonlyArray<string> => {
  const last = reports.at(-1)
  const status = last === undefined ? {} : statusAfter(last)
  const plan =
    planOf(status) ?? reports.map((timed) => planOf(statusAfter(timed))).findLast((found) => found !== undefined)
  const waiting = last === undefined ? "" : (storedWait(status) ?? waitingText(last.report.requeue))
  return [
    style.paint("bold", title),
    `phase ${phaseText(status, style)}   image ${String(status.currentImage ?? "-")}`,
    ...(plan?.supersedes === undefined
      ? []
      : [style.paint("yellow", `plan ${plan.id} supersedes plan ${plan.supersedes}`)]),
    ...(plan?.tasks ?? []).map((task) => `  ${taskText(task, style)}`),
    ...(waiting === "" ? [] : [style.paint("yellow", waiting)]),
    ...reports.slice(-6).map((timed) => reconcileLine(timed, style))
  ].map((line) => clip(line, width))
}

/** The wait that is stored in `.status.waiting`. */
const storedWait = (status: Json): string | undefined => {
  const wait = Wait.find(status)
  if (wait === undefined) return undefined
  const clock = (time: string) => time.slice(11, 19)
  const what = wait.detail === undefined ? wait.for : `${wait.for}: ${wait.detail}`
  const reason = wait.reason === undefined ? what : `${wait.reason} (${what})`
  return `waiting: ${reason}, since ${clock(wait.since)}, overdue after ${clock(wait.until)}`
}

const statusAfter = ({ report }: TimedReport): Json =>
  MergePatch.merge(ObjectMeta.statusOf(report.object), report.patch)

const MARKS = { Complete: "✓", Failed: "✗", Pending: "·", Submitted: "…" } as const
const COLOURS = { Complete: "green", Failed: "red", Pending: "dim", Submitted: "yellow" } as const

const taskText = (task: TaskPlan.PlannedTask, style: Style): string => {
  const state = Plan.stateOf(task)._tag
  const retry = task.retryCount === undefined ? "" : ` (retry ${task.retryCount} of ${task.maxRetries ?? 0})`
  const error = task.error === undefined ? "" : `: ${task.error}`
  return `${style.paint(COLOURS[state], MARKS[state])} ${task.type.padEnd(25)} ${state.toLowerCase()}${retry}${error}`
}

/** `plan 4/8`: complete tasks of all tasks. */
const planProgress = (status: Json): string => {
  const plan = planOf(status)
  if (plan === undefined) return "no plan"
  const complete = plan.tasks.filter((task) => task.status === "Complete").length
  return `plan ${complete}/${plan.tasks.length}`
}

const phaseText = (status: Json, style: Style): string => {
  const phase = String(status.phase ?? "-")
  return style.paint(phase === "Running" ? "green" : phase === "Failed" ? "red" : "yellow", phase)
}

const planOf = (status: Json) => TaskPlan.decode(status.plan)

const ESCAPE = String.fromCharCode(27)

/** Cuts a line at a width. Colour codes have no width. */
const clip = (line: string, width: number): string => {
  let [clipped, remaining, columns] = ["", line, 0]
  while (remaining !== "") {
    const code = remaining.startsWith(ESCAPE) ? remaining.slice(0, remaining.indexOf("m") + 1) : ""
    const next = code === "" ? remaining.slice(0, 1) : code
    if (code !== "" || columns < width) clipped += next
    if (code === "") columns++
    remaining = remaining.slice(next.length)
  }
  return clipped
}
