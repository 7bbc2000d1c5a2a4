/** What happened in a world beside the calls of its processes, each placed among them. */
import type { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { ApiEvent } from "../apiserver/Request.ts"

/** Where something stands: after so many calls of the ledger, at a time in milliseconds. */
export interface Place {
  readonly position: number
  readonly at: number
}

/** Somebody outside of the controller did something. */
interface Mark extends Place {
  readonly who: "user" | "node" | "clock" | "fault"
  readonly what: string
}

/** An object changed, whoever changed it. */
interface Change extends Place {
  readonly type: ApiEvent["type"]
  readonly plural: string
  readonly object: ObjectMeta.KubernetesObject
}

export interface Trace {
  readonly marks: ReadonlyArray<Mark>
  readonly changes: ReadonlyArray<Change>
}

export interface Recorder {
  readonly mark: (who: Mark["who"], what: string) => void
  readonly trace: () => Trace
}

/** Records from now on. */
export const record = (server: ApiServer, here: () => Place): Recorder => {
  const marks: Array<Mark> = []
  const changes: Array<Change> = []
  server.subscribe(({ object, plural, type }) => {
    changes.push({ ...here(), type, plural, object })
  })
  return {
    mark: (who, what) => {
      marks.push({ ...here(), who, what })
    },
    trace: () => ({ marks, changes })
  }
}
