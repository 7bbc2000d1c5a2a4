/** The planner's promise about task agents, kept in memory: one agent per address, and a ledger that notes every call. */
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
  /** Whether anything listens at an address; asked at every call. Everything does unless told. */
  readonly listens?: (address: string) => boolean
  /** The type of the task that makes an agent ready: `mark-ready` unless told. */
  readonly readySignal?: string
}

/** The handle by which a test reaches the agents behind the promise. */
export class InMemoryAgent extends Context.Service<
  InMemoryAgent,
  {
    /** The agent at an address; made on first use, with a node id that follows from the address. */
    readonly at: (address: string) => AgentTasks.AgentTasks
    /** Whether anything answers there now. */
    readonly listens: (address: string) => boolean
    /** How tasks of a type behave at every agent, those to come included. */
    readonly script: (type: string, behaviour: AgentTasks.Behaviour) => void
    /** Cuts an agent off, or lets it answer again. */
    readonly setReachable: (address: string, reachable: boolean) => void
  }
>()("@portolan/testkit/InMemoryAgent") {}

/** The promise and its handle; notes calls in the ledger in view. */
export const layerNoDepsWith = (
  options: Options = {}
): Layer.Layer<InMemoryAgent | TaskAgent.TaskAgent, never, CallLog.CallLog> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const callLog = yield* CallLog.CallLog
      const agents = make(options)
      return Context.make(InMemoryAgent, agents).pipe(Context.add(TaskAgent.TaskAgent, promise(agents, callLog)))
    })
  )

/** {@link layerNoDepsWith} and its ledger. */
export const layerWith = (options: Options = {}): Layer.Layer<InMemoryAgent | TaskAgent.TaskAgent | CallLog.CallLog> =>
  layerNoDepsWith(options).pipe(Layer.provideMerge(CallLog.layer))

/** Agents without a promise in front of them, for a server that speaks for them. */
export const make = ({ listens, readySignal = "mark-ready" }: Options = {}): InMemoryAgent["Service"] => {
  const agents = new Map<string, AgentTasks.AgentTasks>()
  const scripts = new Map<string, AgentTasks.Behaviour>()
  const cut = new Set<string>()
  return {
    at: (address) => {
      const known = agents.get(address)
      if (known !== undefined) return known
      const agent = new AgentTasks.AgentTasks(readySignal, createHash("sha1").update(address).digest("hex"))
      for (const [type, behaviour] of scripts) agent.script(type, behaviour)
      agents.set(address, agent)
      return agent
    },
    listens: (address) => !cut.has(address) && (listens?.(address) ?? true),
    script: (type, behaviour) => {
      scripts.set(type, behaviour)
      for (const agent of agents.values()) agent.script(type, behaviour)
    },
    setReachable: (address, reachable) => {
      if (reachable) cut.delete(address)
      else cut.add(address)
    }
  }
}

/** One call: what is noted of it, and how the agent answers. */
interface Call<A> {
  readonly verb: "submit" | "poll" | "health"
  readonly sent: unknown
  readonly ask: (agent: AgentTasks.AgentTasks, nowMs: number) => A | TaskAgent.AgentRejected
  readonly note?: (answer: A) => unknown
}

const promise = (
  agents: InMemoryAgent["Service"],
  callLog: CallLog.CallLog["Service"]
): TaskAgent.TaskAgent["Service"] => {
  const call = Effect.fnUntraced(function* <A>(address: TaskAgent.AgentAddress, { ask, note, sent, verb }: Call<A>) {
    const pass = yield* CurrentReconcile.CurrentReconcile
    const process = yield* CallLog.CurrentProcess
    const now = yield* Clock.currentTimeMillis
    const noted = (result: CallLog.CallResult, answer?: unknown) =>
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
      yield* noted("unavailable")
      const reason = new TaskAgent.AgentUnreachable({ message: "connection refused" })
      return yield* new TaskAgent.AgentError({ address, reason })
    }
    const answer = ask(agents.at(address), now)
    if (answer instanceof TaskAgent.AgentRejected) {
      yield* noted("rejected")
      return yield* new TaskAgent.AgentError({ address, reason: answer })
    }
    yield* noted("ok", note?.(answer))
    return answer
  })
  return {
    submit: (address, task) =>
      Effect.asVoid(
        call(address, {
          verb: "submit",
          sent: task,
          ask: (agent, now) => {
            const done = agent.submit(task.id, task.type, task.params, now)
            return done._tag === "Rejected" ? new TaskAgent.AgentRejected({ status: 400, message: done.message }) : done
          }
        })
      ),
    poll: (address, id) =>
      call(address, {
        verb: "poll",
        sent: id,
        ask: (agent, now) => Option.map(Option.fromUndefinedOr(agent.find(id)), (task) => shown(task, now)),
        note: Option.getOrUndefined
      }),
    health: (address) =>
      call(address, {
        verb: "health",
        sent: undefined,
        ask: (agent): "Ready" | "NotReady" => (agent.isReady ? "Ready" : "NotReady"),
        note: (health) => health
      })
  }
}

const shown = (task: AgentTasks.KnownTask, nowMs: number): TaskAgent.AgentTask => {
  switch (AgentTasks.stateOf(task, nowMs)) {
    case "running":
      return { _tag: "Running", run: task.run }
    case "completed":
      return { _tag: "Completed", run: task.run }
    case "failed":
      return { _tag: "Failed", run: task.run, error: AgentTasks.errorOf(task) }
  }
}
