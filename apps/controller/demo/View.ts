/** What a turn did, as text. Data in, lines out; nothing is printed here. */
import { MergePatch, ObjectMeta, ReconcileReport, Requeue, TaskPlan, Wait } from "@portolan/planner"

type Json = ObjectMeta.JsonObject

/** Marks and colours; a plain style has no colour. */
export interface Style {
  readonly paint: (code: Colour, text: string) => string
}
type Colour = "green" | "yellow" | "red" | "dim" | "bold"

const CODES: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 }

export const plain: Style = { paint: (_, text) => text }
export const coloured: Style = { paint: (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` }

/** The journey so far. */
export interface NodeScenario {
  readonly title: string
  readonly reports: ReadonlyArray<Told>
}

/** A report, and how long after the beginning it came. */
export interface Told {
  readonly report: ReconcileReport.ReconcileReport
  readonly millis: number
}

/** One turn as a line: when, what it saw, what it did, what it wrote, and what is waited for. */
export const passLine = ({ millis, report }: Told, style: Style): string => {
  const { object, requeue, pass, patch: wrote } = report
  const fields = Object.keys(wrote)
  const waits = Requeue.describe(requeue)
  return [
    style.paint("dim", `${(millis / 1000).toFixed(2).padStart(6)} s`),
    style.paint("bold", `turn ${pass.number}`.padEnd(7)),
    `saw ${sight(ObjectMeta.statusOf(object))};`,
    `${ReconcileReport.describe(report)};`,
    fields.length === 0 ? style.paint("dim", "wrote nothing") : `wrote ${fields.join(", ")}`,
    waits === "" ? "" : style.paint("yellow", `(waits for ${waits}, looks again ${Requeue.when(requeue)})`)
  ]
    .filter((part) => part !== "")
    .join(" ")
}

/** Tasks whose state the turn changed, a line each. */
export const taskLines = ({ report }: Told, style: Style): ReadonlyArray<string> => {
  const before = planOf(ObjectMeta.statusOf(report.object))
  const after = planOf(statusAfter({ report }))
  if (after === undefined) return []
  return after.tasks.flatMap((task) => {
    const old = before?.tasks.find(({ id }) => id === task.id)
    return old !== undefined && MergePatch.same({ ...old }, { ...task }) ? [] : [`          ${taskText(task, style)}`]
  })
}

/** The whole journey as one block: the last plan as far as it got, then the last turns. */
export const block = ({ reports, title }: NodeScenario, style: Style, width: number): ReadonlyArray<string> => {
  const last = reports.at(-1)
  const status = last === undefined ? {} : statusAfter(last)
  const plan =
    planOf(status) ?? reports.map((notified) => planOf(statusAfter(notified))).findLast((each) => each !== undefined)
  const waits = last === undefined ? "" : (waitText(status) ?? Requeue.describe(last.report.requeue))
  return [
    style.paint("bold", title),
    `phase ${phaseText(status, style)}   image ${String(status.currentImage ?? "none yet")}`,
    ...(plan?.supersedes === undefined
      ? []
      : [style.paint("yellow", `plan ${plan.id} takes the place of ${plan.supersedes}`)]),
    ...(plan?.tasks ?? []).map((task) => `  ${taskText(task, style)}`),
    ...(waits === "" ? [] : [style.paint("yellow", `waits for ${waits}`)]),
    ...reports.slice(-6).map((notified) => passLine(notified, style))
  ].map((line) => clip(line, width))
}

/** The wait that the object shows: for what, since when, and until when that is expected. */
const waitText = (status: Json): string | undefined => {
  const wait = Wait.find(status)
  if (wait === undefined) return undefined
  const clock = (time: string) => time.slice(11, 19)
  const what = wait.detail === undefined ? wait.for : `${wait.for}: ${wait.detail}`
  return `${what} (since ${clock(wait.since)}, expected by ${clock(wait.until)})`
}

const statusAfter = ({ report }: Pick<Told, "report">): Json =>
  MergePatch.merge(ObjectMeta.statusOf(report.object), report.patch)

const MARKS = { Complete: "✓", Failed: "✗", Pending: "·", Submitted: "…" } as const
const COLOURS = { Complete: "green", Failed: "red", Pending: "dim", Submitted: "yellow" } as const

const taskText = (task: TaskPlan.PlannedTask, style: Style): string => {
  const state = stateOf(task)
  const retry = task.retryCount === undefined ? "" : ` (retry ${task.retryCount} of ${task.maxRetries ?? 0})`
  const error = task.error === undefined ? "" : `: ${task.error}`
  return `${style.paint(COLOURS[state], MARKS[state])} ${task.type.padEnd(24)} ${state.toLowerCase()}${retry}${error}`
}

const stateOf = ({ status, submittedAt }: TaskPlan.PlannedTask): keyof typeof MARKS => {
  if (status === "Complete" || status === "Failed") return status
  return status === "Running" || submittedAt !== undefined ? "Submitted" : "Pending"
}

const sight = (status: Json): string => {
  const plan = planOf(status)
  const phase = status.phase === undefined ? "no phase" : String(status.phase)
  if (plan === undefined) return `${phase}, no plan`
  const done = plan.tasks.filter((task) => task.status === "Complete").length
  return `${phase}, plan ${plan.phase.toLowerCase()} ${done}/${plan.tasks.length}`
}

const phaseText = (status: Json, style: Style): string => {
  const phase = String(status.phase ?? "none")
  return style.paint(phase === "Running" ? "green" : phase === "Failed" ? "red" : "yellow", phase)
}

const planOf = (status: Json) => TaskPlan.decode(status.plan)

const ESCAPE = String.fromCharCode(27)

/** Cuts a line at a width, not counting colour codes. */
const clip = (line: string, width: number): string => {
  let [shown, out, rest] = [0, "", line]
  while (rest !== "") {
    const code = rest.startsWith(ESCAPE) ? rest.slice(0, rest.indexOf("m") + 1) : ""
    if (code !== "") [out, rest] = [out + code, rest.slice(code.length)]
    else if (shown < width) [out, rest, shown] = [out + rest[0], rest.slice(1), shown + 1]
    else rest = rest.slice(1)
  }
  return out
}
