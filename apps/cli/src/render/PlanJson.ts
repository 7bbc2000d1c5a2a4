/** A preview as JSON for machines. Fields are only ever added. */
import type { Preview, TaskPreview } from "../dryrun/DryRun.ts"

export const render = ({ because, decision, object, plan, tasks }: Preview, notes: ReadonlyArray<string>): string =>
  JSON.stringify(
    {
      object: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        namespace: object.metadata.namespace ?? "default",
        name: object.metadata.name
      },
      decision,
      because,
      plan: plan ?? null,
      tasks: tasks.map(taskJson),
      notes
    },
    null,
    2
  )

const taskJson = ({ order, remark, task, writes }: TaskPreview) => ({
  ...task,
  writes: writes.map(({ key, manifest, verb }) => ({
    verb,
    kind: key.kind.kind,
    namespace: key.namespace,
    name: key.name,
    manifest: manifest ?? null
  })),
  order: order ?? null,
  remark: remark ?? null
})
