/** Planner's `TaskAgent` in memory: one agent per address. Every call is recorded in the call log. */
import { createHash } from "node:crypto"
import { CurrentReconcile, TaskAgent } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as AgentTasks from "./AgentTasks.ts"
import * as CallLog from "./CallLog.ts"

export interface Options {
  /** Whether an agent listens at an address, evaluated at every call. Default: at every address. */
  readonly listens?: (address: string) => boolean
  /** The type of the task that makes an agent ready. Default: `mark-ready`. */
  readonly readySignal?: string
}

/** A test's access to the agents behind the service. */
export class InMemoryAgent extends Context.Service<
  InMemoryAgent,
  {
    /** The agent at an address; created on first use, with a node id derived from the address. */
    readonly at: (address: string) => AgentTasks.AgentTasks
    /** Whether an agent listens at an address now. */
    readonly listens: (address: string) => boolean
    /** Sets how tasks of a type behave at every agent, including agents that are created later. */
    readonly script: (type: string, behaviour: AgentTasks.Behaviour) => void
    /** Makes an agent unreachable, or reachable again. */
    readonly setReachable: (address: string, reachable: boolean) => void
  }
>()("@portolan/testkit/InMemoryAgent") {}

/** The service and the test's access to its agents; records calls in the current call log. */
export const layerNoDepsWith = (
  options: Options = {}
): Layer.Layer<InMemoryAgent | TaskAgent.TaskAgent, never, CallLog.CallLog> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const callLog = yield* CallLog.CallLog
      const agents = make(options)
      return Context.make(InMemoryAgent, agents).pipe(Context.add(TaskAgent.TaskAgent, taskAgent(agents, callLog)))
    })
  )

/** {@link layerNoDepsWith} and its call log. */
export const layerWith = (options: Options = {}): Layer.Layer<InMemoryAgent | TaskAgent.TaskAgent | CallLog.CallLog> =>
  layerNoDepsWith(options).pipe(Layer.provideMerge(CallLog.layer))

/** The agents alone, for example to serve them over HTTP with `AgentServer`. */
export const make = ({ listens, readySignal = "mark-ready" }: Options = {}): InMemoryAgent["Service"] => {
  const agents = new Map<string, AgentTasks.AgentTasks>()
  const scripts = new Map<string, AgentTasks.Behaviour>()
  const unreachable = new Set<string>()
  return {
    at: (address) => {
      const known = agents.get(address)
      if (known !== undefined) return known
      const agent = new AgentTasks.AgentTasks(readySignal, createHash("sha1").update(address).digest("hex"))
      for (const [type, behaviour] of scripts) agent.script(type, behaviour)
      agents.set(address, agent)
      return agent
    },
    listens: (address) => !unreachable.has(address) && (listens?.(address) ?? true),
    script: (type, behaviour) => {
      scripts.set(type, behaviour)
      for (const agent of agents.values()) agent.script(type, behaviour)
    },
    setReachable: (address, isReachable) => {
      if (isReachable) unreachable.delete(address)
      else unreachable.add(address)
    }
  }
}

/** One call: what is recorded of it, and how the agent handles it. */
interface Call<A> {
  readonly verb: "submit" | "poll" | "health"
  readonly sent: unknown
  readonly handle: (agent: AgentTasks.AgentTasks, nowMs: number) => A | TaskAgent.AgentRejected
  /** What is recorded as {@link CallLog.Call.answer}. */
  readonly recorded?: (answer: A) => unknown
}

const taskAgent = (
  agents: InMemoryAgent["Service"],
  callLog: CallLog.CallLog["Service"]
): TaskAgent.TaskAgent["Service"] => {
  const call = Effect.fnUntraced(function* <A>(
    address: TaskAgent.AgentAddress,
    { handle, recorded, sent, verb }: Call<A>
  ) {
    const pass = yield* CurrentReconcile.CurrentReconcile
    const process = yield* CallLog.CurrentProcess
    const now = yield* Clock.currentTimeMillis
    const record = (result: CallLog.CallResult, answer?: unknown) =>
      callLog.record({
        verb,
        target: address,
        pass,
        process,
        sent,
        result,
        ...(answer === undefined ? {} : { answer })
      })
    if (!agents.listens(address)) {
      yield* record("unavailable")
      const reason = new TaskAgent.AgentUnreachable({ message: "connection refused" })
      return yield* new TaskAgent.AgentError({ address, reason })
    }
    const answer = handle(agents.at(address), now)
    if (answer instanceof TaskAgent.AgentRejected) {
      yield* record("rejected")
      return yield* new TaskAgent.AgentError({ address, reason: answer })
    }
    yield* record("ok", recorded?.(answer))
    return answer
  })
  return {
    submit: (address, task) =>
      Effect.asVoid(
        call(address, {
          verb: "submit",
          sent: task,
          handle: (agent, now) => {
            const submitted = agent.submit(task.id, task.type, task.params, now)
            return submitted._tag === "Rejected"
              ? new TaskAgent.AgentRejected({ status: 400, message: submitted.message })
              : submitted
          }
        })
      ),
    poll: (address, id) =>
      call(address, {
        verb: "poll",
        sent: id,
        handle: (agent, now) => Option.map(Option.fromUndefinedOr(agent.find(id)), (task) => reported(task, now)),
        recorded: Option.getOrUndefined
      }),
    health: (address) =>
      call(address, {
        verb: "health",
        sent: undefined,
        handle: (agent): "Ready" | "NotReady" => (agent.isReady ? "Ready" : "NotReady"),
        recorded: (health) => health
      })
  }
}

const reported = (task: AgentTasks.KnownTask, nowMs: number): TaskAgent.AgentTask => {
  switch (AgentTasks.stateOf(task, nowMs)) {
    case "running":
      return { _tag: "Running", run: task.run }
    case "completed":
      return { _tag: "Completed", run: task.run }
    case "failed":
      return { _tag: "Failed", run: task.run, error: AgentTasks.errorOf(task) }
  }
}
