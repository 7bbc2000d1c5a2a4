/**
 * What one agent knows: tasks by id and whether it was told that its workload may start. A state machine without a
 * clock: the time arrives with each question, and a task completes when somebody asks late enough.
 */
import type { ObjectMeta } from "@portolan/planner"

/** How tasks of a type behave. */
export interface Behaviour {
  /** From start to end: 50 ms unless told. `Infinity` never ends. */
  readonly durationMs?: number
  /** Runs that fail before one succeeds: none unless told. */
  readonly failures?: number
  /** What a failed run says. */
  readonly error?: string
  /** Every submission of the type is refused with this message. */
  readonly rejects?: string
}

/** One task, as its agent remembers it. */
export interface KnownTask {
  readonly id: string
  readonly type: string
  readonly params: ObjectMeta.JsonObject | undefined
  /** From 1; a failed task that is submitted again runs once more. */
  readonly run: number
  readonly startedAtMs: number
  readonly behaviour: Behaviour
}

export type TaskState = "running" | "completed" | "failed"

export type Submitted =
  | { readonly _tag: "Started"; readonly run: number }
  /** Known, and running or completed: nothing changed. */
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Rejected"; readonly message: string }

const DURATION_MS = 50

/** How a task stands at a time. */
export const stateOf = (task: KnownTask, nowMs: number): TaskState => {
  if (nowMs - task.startedAtMs < (task.behaviour.durationMs ?? DURATION_MS)) return "running"
  return task.run > (task.behaviour.failures ?? 0) ? "completed" : "failed"
}

export const errorOf = ({ behaviour }: KnownTask): string => behaviour.error ?? "the task failed"

/** When a task ended, or will. */
export const endOf = ({ behaviour, startedAtMs }: KnownTask): number =>
  startedAtMs + (behaviour.durationMs ?? DURATION_MS)

/** One agent. */
export class AgentTasks {
  readonly #tasks = new Map<string, KnownTask>()
  readonly #behaviours = new Map<string, Behaviour>()
  readonly #readySignal: string
  #ready = false
  /** Who the agent says its node is; `undefined` while it cannot say. Kept over restarts. */
  nodeId: string | undefined

  /** @param readySignal the type of the task that makes the agent report itself ready */
  constructor(readySignal: string, nodeId?: string) {
    this.#readySignal = readySignal
    this.nodeId = nodeId
  }

  /** Says how tasks of a type behave from their next run on. */
  script(type: string, behaviour: Behaviour): void {
    this.#behaviours.set(type, behaviour)
  }

  submit(id: string, type: string, params: ObjectMeta.JsonObject | undefined, nowMs: number): Submitted {
    const behaviour = this.#behaviours.get(type) ?? {}
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

  /** The agent's process starts anew: it waits for its signal again, and remembers its tasks only if it keeps them. */
  restart(options: { readonly keepsTasks: boolean }): void {
    this.#ready = false
    if (!options.keepsTasks) this.#tasks.clear()
  }
}
