/** Renders a preview as text for people. Data in, lines out: prints nothing. */
import { ObjectMeta, Plan, type TaskPlan } from "@portolan/planner"
import * as Yaml from "yaml"
import type { Blocked, Preview, TaskPreview } from "../dryrun/DryRun.ts"
import type { DryRunWrite } from "../dryrun/DryRunCluster.ts"

export interface Options {
  readonly colour: boolean
  /** Show the manifests of the objects that would be written. */
  readonly objects: boolean
}

export const render = (preview: Preview, options: Options): ReadonlyArray<string> => {
  const bold = (text: string) => (options.colour ? `\u001b[1m${text}\u001b[0m` : text)
  const dim = (text: string) => (options.colour ? `\u001b[2m${text}\u001b[0m` : text)
  const { object, plan, tasks } = preview
  const { name, namespace = "default" } = object.metadata
  return [
    bold(`${object.kind} ${namespace}/${name}: ${preview.reason}`),
    ...(plan === undefined ? [] : [planLine(plan)]),
    ...tasks.flatMap((task, index) => taskLines(task, index, options, dim))
  ]
}

const planLine = (plan: TaskPlan.TaskPlan): string => {
  const failure = Plan.onFailure(plan)
  const onFailure = failure._tag === "FailTo" ? `phase ${failure.phase}` : "phase unchanged, retried with back-off"
  return [
    `plan ${plan.id} (${plan.tasks.length} tasks)`,
    `on success: phase ${plan.targetPhase ?? "unchanged"}`,
    `on failure: ${onFailure}`
  ].join("; ")
}

const taskLines = (
  { blocked, submission, task, writes }: TaskPreview,
  index: number,
  options: Options,
  dim: (text: string) => string
): ReadonlyArray<string> => {
  const retries = task.maxRetries === undefined ? "" : `, max retries ${task.maxRetries}`
  return [
    "",
    `${String(index + 1).padStart(2)}. ${task.type}  ${dim(`${task.id}, ${task.status.toLowerCase()}${retries}`)}`,
    `    params ${JSON.stringify(task.params ?? {})}`,
    ...writes.flatMap((write) => [
      `    ${write.verb} ${ObjectMeta.keyText(write.key)}`,
      ...manifestLines(write, options)
    ]),
    ...(submission === undefined
      ? []
      : [`    submit ${submission.type} ${JSON.stringify(submission.params ?? {})} to ${submission.address}`]),
    ...(blocked === undefined ? [] : [`    ${blockedText(blocked)}`])
  ]
}

const blockedText = ({ message, outcome, reason }: Blocked): string =>
  `would ${outcome === "Wait" ? "wait" : "fail"}: ${reason} (${message})`

const manifestLines = ({ manifest }: DryRunWrite, { objects }: Options): ReadonlyArray<string> =>
  objects && manifest !== undefined
    ? Yaml.stringify(manifest, { aliasDuplicateObjects: false })
        .trimEnd()
        .split("\n")
        .map((line) => `      ${line}`)
    : []
