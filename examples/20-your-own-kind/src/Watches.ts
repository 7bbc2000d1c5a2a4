/** What the controller watches besides Backups: one value for its process and its tests. */
import { ObjectMeta, type Watches } from "@portolan/planner"
import { kind } from "./Backup.ts"
import { Job } from "./Tasks.ts"

/** Maps a Job to the Backup that owns it. */
const jobs: Watches.Watch = {
  kind: Job,
  map: ({ object }) => {
    const owner = ObjectMeta.controllerOf(object)
    return owner?.kind === kind.kind ? [ObjectMeta.key(kind, object.metadata.namespace ?? "", owner.name)] : []
  },
  reliedOnBy: "cleanup: the Job that deletes the copy"
}

export const watches: Watches.Watches = { watches: [jobs] }
