/** The task agent of a pod: its sidecar, over HTTP. */
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type Answer, Sidecars, said, unreachable } from "./Sidecars.ts"

const HEALTH_TIMEOUT_MS = 2_000
const TASK_TIMEOUT_MS = 10_000

type Reason = TaskAgent.AgentRejected | TaskAgent.AgentUnreachable

const make = ({ send }: Sidecars["Service"]): TaskAgent.TaskAgent["Service"] => ({
  submit: (address, task) =>
    Effect.flatMap(
      send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),
      (response) => (response.status < 300 ? Effect.void : failure(address, refusal(response)))
    ),
  poll: (address, id) =>
    Effect.flatMap(
      send(address, { method: "GET", path: `/v0/tasks/${id}`, timeoutMs: TASK_TIMEOUT_MS }),
      (response) => {
        if (response.status === 404) return Effect.succeedNone
        return response.status < 300 ? Effect.asSome(read(address, response)) : failure(address, refusal(response))
      }
    ),
  health: (address) =>
    Effect.flatMap(send(address, { method: "GET", path: "/v0/healthz", timeoutMs: HEALTH_TIMEOUT_MS }), (response) => {
      if (response.status === 503) return Effect.succeed("NotReady" as const)
      return response.status < 300 ? Effect.succeed("Ready" as const) : failure(address, unreachable(said(response)))
    })
})

export const layer: Layer.Layer<TaskAgent.TaskAgent, never, Sidecars> = Layer.effect(
  TaskAgent.TaskAgent,
  Effect.map(Sidecars, make)
)

/** A task as the sidecar shows it. */
const SidecarTask = Schema.Struct({
  status: Schema.Literals(["running", "completed", "failed"]),
  run: Schema.optionalKey(Schema.Int),
  error: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SidecarTask))

const read = (address: TaskAgent.AgentAddress, { text }: Answer) =>
  decode(text).pipe(
    Effect.map(({ error, run = 1, status }): TaskAgent.AgentTask => {
      if (status === "running") return { _tag: "Running", run }
      if (status === "completed") return { _tag: "Completed", run }
      return { _tag: "Failed", run, error: error || "the task failed and does not say why" }
    }),
    Effect.catch((error) => failure(address, unreachable(`an answer that cannot be read: ${error.message}`)))
  )

/** Statuses that another try cannot change. */
const FINAL: ReadonlySet<number> = new Set([400, 404, 405, 413, 422])

const refusal = (response: Answer): Reason =>
  FINAL.has(response.status)
    ? new TaskAgent.AgentRejected({ status: response.status, message: said(response) })
    : unreachable(said(response))

const failure = (address: TaskAgent.AgentAddress, reason: Reason) =>
  Effect.fail(new TaskAgent.AgentError({ address, reason }))
