/** Keeps the promise about agents over HTTP, for agents that speak as the testkit's `AgentServer` does. */
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const Known = Schema.Struct({
  status: Schema.Literals(["running", "completed", "failed"]),
  run: Schema.Int,
  error: Schema.optionalKey(Schema.String)
})
const decode = Schema.decodeUnknownPromise(Known)

/** Any answer but what was asked for, or none in ten seconds: asked again. Only 400 says that it can never succeed. */
const ask = <A>(address: TaskAgent.AgentAddress, path: string, read: (answer: Response) => Promise<A>, sent?: object) =>
  Effect.tryPromise({
    try: async (interrupted) => {
      const signal = AbortSignal.any([interrupted, AbortSignal.timeout(10_000)])
      const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) }
      const answer = await fetch(address + path, { signal, ...(sent === undefined ? {} : post) })
      if (answer.status === 400) throw new TaskAgent.AgentRejected({ status: 400, message: await answer.text() })
      return await read(answer)
    },
    catch: (cause) =>
      new TaskAgent.AgentError({ address, reason: cause instanceof TaskAgent.AgentRejected ? cause : silence(cause) })
  })

/** `fetch` says why in the cause of what it throws. */
const silence = (failure: unknown) => {
  const { cause = failure } = Object(failure)
  return new TaskAgent.AgentUnreachable({ message: String(cause) })
}

const must = ({ ok, status }: Response): void => {
  if (!ok) throw new Error(`HTTP ${status}`)
}

const task = async (answer: Response): Promise<Option.Option<TaskAgent.AgentTask>> => {
  if (answer.status === 404) return Option.none()
  must(answer)
  const { error = "the agent does not say why", run, status } = await decode(await answer.json())
  if (status === "running") return Option.some({ _tag: "Running", run })
  return Option.some(status === "completed" ? { _tag: "Completed", run } : { _tag: "Failed", run, error })
}

export const layer: Layer.Layer<TaskAgent.TaskAgent> = Layer.succeed(TaskAgent.TaskAgent, {
  submit: (address, submission) => ask(address, "/v0/tasks", async (answer) => must(answer), submission),
  poll: (address, id) => ask(address, `/v0/tasks/${id}`, task),
  health: (address) => ask(address, "/v0/healthz", async ({ ok }) => (ok ? ("Ready" as const) : ("NotReady" as const)))
})
