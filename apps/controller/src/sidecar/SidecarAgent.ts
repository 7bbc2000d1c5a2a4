/** The task agent of a SeiNode: the HTTP API of the sidecar in its pod. */
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { errorText, SidecarClient, type SidecarResponse, unreachable } from "./SidecarClient.ts"

const HEALTH_TIMEOUT_MS = 2_000
const TASK_TIMEOUT_MS = 10_000

type Reason = TaskAgent.AgentRejected | TaskAgent.AgentUnreachable

const make = ({ send }: SidecarClient["Service"]): TaskAgent.TaskAgent["Service"] => ({
  submit: (address, task) =>
    Effect.flatMap(
      send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),
      (response) => (response.status < 300 ? Effect.void : fail(address, reasonOf(response)))
    ),
  poll: (address, id) =>
    Effect.flatMap(
      send(address, { method: "GET", path: `/v0/tasks/${id}`, timeoutMs: TASK_TIMEOUT_MS }),
      (response) => {
        if (response.status === 404) return Effect.succeedNone
        return response.status < 300 ? Effect.asSome(decodeTask(address, response)) : fail(address, reasonOf(response))
      }
    ),
  health: (address) =>
    Effect.flatMap(send(address, { method: "GET", path: "/v0/healthz", timeoutMs: HEALTH_TIMEOUT_MS }), (response) => {
      if (response.status === 503) return Effect.succeed("NotReady" as const)
      return response.status < 300 ? Effect.succeed("Ready" as const) : fail(address, unreachable(errorText(response)))
    })
})

export const layer: Layer.Layer<TaskAgent.TaskAgent, never, SidecarClient> = Layer.effect(
  TaskAgent.TaskAgent,
  Effect.map(SidecarClient, make)
)

/** A task in the sidecar's JSON. Older sidecars leave out `run`. */
const SidecarTask = Schema.Struct({
  status: Schema.Literals(["running", "completed", "failed"]),
  run: Schema.optionalKey(Schema.Int),
  error: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SidecarTask))

const decodeTask = (address: TaskAgent.AgentAddress, { text }: SidecarResponse) =>
  decode(text).pipe(
    Effect.map(({ error, run = 1, status }): TaskAgent.AgentTask => {
      if (status === "running") return { _tag: "Running", run }
      if (status === "completed") return { _tag: "Completed", run }
      return { _tag: "Failed", run, error: error || "the sidecar reports no error message" }
    }),
    Effect.catch((error) => fail(address, unreachable(`invalid task in the response: ${error.message}`)))
  )

/** Statuses that the same request gets again, however often it is sent. */
const FINAL: ReadonlySet<number> = new Set([400, 404, 405, 413, 422])

const reasonOf = (response: SidecarResponse): Reason =>
  FINAL.has(response.status)
    ? new TaskAgent.AgentRejected({ status: response.status, message: errorText(response) })
    : unreachable(errorText(response))

const fail = (address: TaskAgent.AgentAddress, reason: Reason) =>
  Effect.fail(new TaskAgent.AgentError({ address, reason }))
