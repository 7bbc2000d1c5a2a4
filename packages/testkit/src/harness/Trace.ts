/** What happened in a world beside the calls of its processes, each placed among them. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import type { ObjectMeta } from "@portolan/planner"

/** Where something stands: after so many calls of the ledger, at a time in milliseconds. */
export interface Place {
  readonly position: number
  readonly at: number
  /** Grows by one with everything that is recorded here, whatever it is. */
  readonly order: number
}

/** Somebody outside of the controller did something. */
export interface Mark extends Place {
  readonly who: "user" | "node" | "clock" | "fault"
  readonly what: string
}

/** An object changed, whoever changed it. */
export interface Change extends Place {
  readonly type: ApiEvent["type"]
  readonly plural: string
  readonly object: ObjectMeta.KubernetesObject
  /** Who asked for it, as the server knows them. */
  readonly by: string
}

/** A process began a turn; it reads its object now. */
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

/** Records from now on. */
export const record = (server: ApiServer, here: () => Omit<Place, "order">): Recorder => {
  let order = 0
  const place = (): Place => ({ ...here(), order: order++ })
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
