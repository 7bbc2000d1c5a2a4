/** A preview as text for people. Data in, lines out. */
import { ObjectMeta, Plan, type TaskPlan } from "@portolan/planner"
import * as Yaml from "yaml"
import type { Preview, TaskPreview } from "../dryrun/DryRun.ts"
import type { WouldWrite } from "../dryrun/DryRunCluster.ts"

export interface Options {
  readonly colour: boolean
  /** Show the objects that would be written, whole. */
  readonly objects: boolean
}

export const render = (preview: Preview, options: Options): ReadonlyArray<string> => {
  const bold = (text: string) => (options.colour ? `\u001b[1m${text}\u001b[0m` : text)
  const dim = (text: string) => (options.colour ? `\u001b[2m${text}\u001b[0m` : text)
  const { object, plan, tasks } = preview
  const { name, namespace = "default" } = object.metadata
  return [
    bold(`${object.kind} ${namespace}/${name}: ${preview.because}`),
    ...(plan === undefined ? [] : [planLine(plan)]),
    ...tasks.flatMap((task, index) => taskLines(task, index, options, dim))
  ]
}

const planLine = (plan: TaskPlan.TaskPlan): string => {
  const failure = Plan.onFailure(plan)
  const onFailure =
    failure._tag === "FailTo"
      ? `a failure is final: phase ${failure.phase}`
      : "a failure is retried, and the phase stays"
  return `plan ${plan.id} (${plan.tasks.length} tasks), then phase ${plan.targetPhase ?? "unchanged"}; ${onFailure}`
}

const taskLines = (
  { order, remark, task, writes }: TaskPreview,
  index: number,
  options: Options,
  dim: (text: string) => string
): ReadonlyArray<string> => {
  const retries = task.maxRetries === undefined ? "" : `, up to ${task.maxRetries} retries`
  return [
    "",
    `${String(index + 1).padStart(2)}. ${task.type}  ${dim(`${task.id}, ${task.status.toLowerCase()}${retries}`)}`,
    `    params ${JSON.stringify(task.params ?? {})}`,
    ...writes.flatMap((write) => [
      `    ${write.verb} ${ObjectMeta.keyText(write.key)}`,
      ...manifestLines(write, options)
    ]),
    ...(order === undefined ? [] : [`    submit ${order.type} ${JSON.stringify(order.params ?? {})} to ${order.to}`]),
    ...(remark === undefined ? [] : [`    ${remark}`])
  ]
}

const manifestLines = ({ manifest }: WouldWrite, { objects }: Options): ReadonlyArray<string> =>
  objects && manifest !== undefined
    ? Yaml.stringify(manifest, { aliasDuplicateObjects: false })
        .trimEnd()
        .split("\n")
        .map((line) => `      ${line}`)
    : []
