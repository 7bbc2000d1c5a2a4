/**
 * The state of one agent: its tasks by id, and whether it received the signal that its workload may start. It has no
 * clock: callers pass the time, and a task is complete once a caller passes a time after its end.
 */
import type { ObjectMeta } from "@portolan/planner"

/** How tasks of a type behave. */
export interface Behaviour {
  /** From start to end. Default: 50 ms. `Infinity` never ends. */
  readonly durationMs?: number
  /** Runs that fail before one succeeds. Default: none. */
  readonly failures?: number
  /** The error of a failed run. */
  readonly error?: string
  /** Rejects every submission of the type with this message. */
  readonly rejects?: string
}

/** One task that the agent knows. */
export interface KnownTask {
  readonly id: string
  readonly type: string
  readonly params: ObjectMeta.JsonObject | undefined
  /** Number of the run, from 1. A failed task that is submitted again starts another run. */
  readonly run: number
  readonly startedAtMs: number
  readonly behaviour: Behaviour
}

export type TaskState = "running" | "completed" | "failed"

export type Submitted =
  | { readonly _tag: "Started"; readonly run: number }
  /** The task is known, and running or completed. */
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Rejected"; readonly message: string }

const DURATION_MS = 50

/** The state of a task at a time. */
export const stateOf = (task: KnownTask, nowMs: number): TaskState => {
  if (nowMs - task.startedAtMs < (task.behaviour.durationMs ?? DURATION_MS)) return "running"
  return task.run > (task.behaviour.failures ?? 0) ? "completed" : "failed"
}

export const errorOf = ({ behaviour }: KnownTask): string => behaviour.error ?? "the task failed"

/** When a task ends, in the past or in the future. */
export const endOf = ({ behaviour, startedAtMs }: KnownTask): number =>
  startedAtMs + (behaviour.durationMs ?? DURATION_MS)

/** One agent. */
export class AgentTasks {
  readonly #tasks = new Map<string, KnownTask>()
  readonly #behaviours = new Map<string, Behaviour>()
  readonly #readySignal: string
  #ready = false
  /** The node id that the agent reports; `undefined` while it has none. Restarts keep it. */
  nodeId: string | undefined

  /** @param readySignal the type of the task after which the agent reports itself ready */
  constructor(readySignal: string, nodeId?: string) {
    this.#readySignal = readySignal
    this.nodeId = nodeId
  }

  /** Sets how tasks of a type behave, from their next run on. */
  script(type: string, behaviour: Behaviour): void {
    this.#behaviours.set(type, behaviour)
  }

  /** How tasks of a type behave. */
  behaviourOf(type: string): Behaviour {
    return this.#behaviours.get(type) ?? {}
  }

  submit(id: string, type: string, params: ObjectMeta.JsonObject | undefined, nowMs: number): Submitted {
    const behaviour = this.behaviourOf(type)
    if (behaviour.rejects !== undefined) return { _tag: "Rejected", message: behaviour.rejects }
    const known = this.#tasks.get(id)
    if (known !== undefined && stateOf(known, nowMs) !== "failed") return { _tag: "Unchanged" }
    const run = (known?.run ?? 0) + 1
    this.#tasks.set(id, { id, type, params, run, startedAtMs: nowMs, behaviour })
    if (type === this.#readySignal) this.#ready = true
    return { _tag: "Started", run }
  }

  find(id: string): KnownTask | undefined {
    return this.#tasks.get(id)
  }

  get all(): ReadonlyArray<KnownTask> {
    return [...this.#tasks.values()]
  }

  get isReady(): boolean {
    return this.#ready
  }

  /** Restarts the agent's process: it is not ready until it receives its signal again, and may forget its tasks. */
  restart(options: { readonly keepsTasks: boolean }): void {
    this.#ready = false
    if (!options.keepsTasks) this.#tasks.clear()
  }
}
