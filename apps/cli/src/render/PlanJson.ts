/** Renders a preview as JSON for programs. Keys are only added, never renamed or removed. */
import type { Preview, TaskPreview } from "../dryrun/DryRun.ts"

export const render = ({ action, object, plan, reason, tasks }: Preview, notes: ReadonlyArray<string>): string =>
  JSON.stringify(
    {
      object: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        namespace: object.metadata.namespace ?? "default",
        name: object.metadata.name
      },
      action,
      reason,
      plan: plan ?? null,
      tasks: tasks.map(taskJson),
      notes
    },
    null,
    2
  )

const taskJson = ({ blocked, submission, task, writes }: TaskPreview) => ({
  ...task,
  writes: writes.map(({ key, manifest, verb }) => ({
    verb,
    kind: key.kind.kind,
    namespace: key.namespace,
    name: key.name,
    manifest: manifest ?? null
  })),
  submission: submission === undefined ? null : { ...submission, params: submission.params ?? {} },
  blocked: blocked ?? null
})
