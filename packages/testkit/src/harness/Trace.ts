/**
 * Records what happens in a test cluster besides the calls in its call log: user actions, faults, changes of objects.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import type { ObjectMeta } from "@portolan/planner"

/** When something happened. */
export interface Place {
  /** How many calls were in the call log. */
  readonly position: number
  /** In milliseconds of the test's clock. */
  readonly at: number
  /** Number of the record, over all types of records. */
  readonly order: number
}

/** Something that happened outside of the controller. */
export interface Mark extends Place {
  readonly who: "user" | "node" | "clock" | "fault"
  readonly what: string
}

/** A change of an object. */
export interface Change extends Place {
  readonly type: ApiEvent["type"]
  readonly plural: string
  readonly object: ObjectMeta.KubernetesObject
  /** The user of the request that changed it. */
  readonly by: string
}

/** The start of a reconcile pass, which reads its object now. */
export interface Begin extends Place {
  readonly process: string
  readonly key: ObjectMeta.ObjectKey
}

export interface Trace {
  readonly marks: ReadonlyArray<Mark>
  readonly changes: ReadonlyArray<Change>
  readonly begins: ReadonlyArray<Begin>
}

export interface Recorder {
  readonly mark: (who: Mark["who"], what: string) => void
  readonly begin: (process: string, key: ObjectMeta.ObjectKey) => void
  readonly trace: () => Trace
}

export const record = (server: ApiServer, now: () => Omit<Place, "order">): Recorder => {
  let order = 0
  const place = (): Place => ({ ...now(), order: order++ })
  const marks: Array<Mark> = []
  const changes: Array<Change> = []
  const begins: Array<Begin> = []
  server.subscribe(({ object, plural, type }) => {
    changes.push({ ...place(), type, plural, object, by: server.asking })
  })
  return {
    mark: (who, what) => {
      marks.push({ ...place(), who, what })
    },
    begin: (process, key) => {
      begins.push({ ...place(), process, key })
    },
    trace: () => ({ marks, changes, begins })
  }
}
