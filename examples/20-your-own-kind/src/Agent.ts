/** `TaskAgent` over HTTP, for agents with the API of testkit's `AgentServer`. */
import { CurrentReconcile, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const AgentTask = Schema.Struct({
  status: Schema.Literals(["running", "completed", "failed"]),
  run: Schema.Int,
  error: Schema.optionalKey(Schema.String)
})
const decodeTask = Schema.decodeUnknownPromise(AgentTask)

const TIMEOUT_MS = 10_000

/**
 * Sends one request; with a `body` it is a POST. HTTP 400 is final, every other failure is worth a retry. The headers name the
 * reconcile pass, so that `portolan-check` and testkit can attribute the request to it.
 */
const request = <A>(
  address: TaskAgent.AgentAddress,
  path: string,
  read: (response: Response) => Promise<A>,
  body?: object
) =>
  Effect.flatMap(CurrentReconcile.requestHeaders, (ofPass) =>
    Effect.tryPromise({
      try: async (interrupted) => {
        const signal = AbortSignal.any([interrupted, AbortSignal.timeout(TIMEOUT_MS)])
        const headers = { ...ofPass, "content-type": "application/json" }
        const post = { method: "POST", body: JSON.stringify(body) }
        const response = await fetch(address + path, { signal, headers, ...(body === undefined ? {} : post) })
        if (response.status === 400) {
          throw new TaskAgent.AgentRejected({ status: 400, message: await response.text() })
        }
        return await read(response)
      },
      catch: (error) => {
        const reason = error instanceof TaskAgent.AgentRejected ? error : unreachable(error)
        return new TaskAgent.AgentError({ address, reason })
      }
    })
  )

/** `fetch` throws a general error and puts the reason into its `cause`. */
const unreachable = (error: unknown) => {
  const { cause = error } = Object(error)
  return new TaskAgent.AgentUnreachable({ message: String(cause) })
}

const expectOk = ({ ok, status }: Response): void => {
  if (!ok) throw new Error(`HTTP ${status}`)
}

const readTask = async (response: Response): Promise<Option.Option<TaskAgent.AgentTask>> => {
  if (response.status === 404) return Option.none()
  expectOk(response)
  const { error = "the agent reports no error message", run, status } = await decodeTask(await response.json())
  if (status === "running") return Option.some({ _tag: "Running", run })
  return Option.some(status === "completed" ? { _tag: "Completed", run } : { _tag: "Failed", run, error })
}

const readHealth = async ({ ok }: Response) => (ok ? "Ready" : "NotReady")

export const layer: Layer.Layer<TaskAgent.TaskAgent> = Layer.succeed(TaskAgent.TaskAgent, {
  submit: (address, task) => request(address, "/v0/tasks", async (response) => expectOk(response), task),
  poll: (address, id) => request(address, `/v0/tasks/${id}`, readTask),
  health: (address) => request(address, "/v0/healthz", readHealth)
})
