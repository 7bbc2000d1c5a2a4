/** The suite of agents can fail: a keeper that breaks one sentence makes exactly the sentences fail that say so. */
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryAgent } from "../../src/index.ts"
import { broken } from "./broken.ts"

type Agent = TaskAgent.TaskAgent["Service"]

const agents = InMemoryAgent.layerWith({ listens: (address) => address === "http://agent" })
const address = TaskAgent.AgentAddress.make("http://agent")
const options = {
  address,
  silent: TaskAgent.AgentAddress.make("http://nobody"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" },
  timeout: "50 millis"
} as const

/** What an error says to a caller who takes one reason for the other. */
const confused = (error: TaskAgent.AgentError) =>
  new TaskAgent.AgentError({
    address: error.address,
    reason:
      error.reason._tag === "AgentRejected"
        ? new TaskAgent.AgentUnreachable({ message: error.message })
        : new TaskAgent.AgentRejected({ status: 400, message: error.message })
  })

describe("the suite of TaskAgent fails for a keeper", () => {
  const cases: { readonly [title: string]: readonly [(agent: Agent) => Partial<Agent>, ReadonlyArray<string>] } = {
    "that hands nothing over": [
      () => ({ submit: () => Effect.void }),
      [
        "a task is known once it is handed over, and is in its first run",
        "a task that ended well is completed",
        "a task that failed says why",
        "handing over a running task again changes nothing",
        "handing over a completed task again changes nothing",
        "handing over a failed task again starts another run of it",
        "a task that the agent says no to is rejected with a status and is not known",
        "an agent that does not answer is unreachable, whatever it is asked",
        "an agent is ready once it was told that its node may start, and not before"
      ]
    ],
    "that knows every task": [
      ({ poll }) => ({
        poll: (...asked) =>
          Effect.map(
            poll(...asked),
            Option.orElseSome(() => ({ _tag: "Running", run: 1 }) as const)
          )
      }),
      [
        "a task that nobody handed over is not known, also after it was asked for",
        "a task that the agent says no to is rejected with a status and is not known"
      ]
    ],
    "that counts every submission as a run": [
      ({ poll, submit }) => {
        const runs = new Map<string, number>()
        return {
          submit: (where, task) => {
            runs.set(task.id, (runs.get(task.id) ?? 0) + 1)
            return submit(where, task)
          },
          poll: (where, id) =>
            Effect.map(
              poll(where, id),
              Option.map((task) => ({ ...task, run: runs.get(id) ?? 1 }))
            )
        }
      },
      ["handing over a running task again changes nothing", "handing over a completed task again changes nothing"]
    ],
    "that hands a task over once only": [
      ({ submit }) => {
        const sent = new Set<string>()
        return {
          submit: (where, task) => {
            if (sent.has(task.id)) return Effect.void
            sent.add(task.id)
            return submit(where, task)
          }
        }
      },
      ["handing over a failed task again starts another run of it"]
    ],
    "that does not say why a task failed": [
      ({ poll }) => ({
        poll: (...asked) =>
          Effect.map(
            poll(...asked),
            Option.map((task) => (task._tag === "Failed" ? { ...task, error: "" } : task))
          )
      }),
      ["a task that failed says why"]
    ],
    "that takes a refusal for silence": [
      ({ submit }) => ({
        submit: (where, task) =>
          where === address ? Effect.mapError(submit(where, task), confused) : submit(where, task)
      }),
      ["a task that the agent says no to is rejected with a status and is not known"]
    ],
    "that takes silence for a refusal": [
      ({ poll }) => ({ poll: (...asked) => Effect.mapError(poll(...asked), confused) }),
      ["an agent that does not answer is unreachable, whatever it is asked"]
    ],
    "that takes silence for ill health": [
      ({ health }) => ({ health: (where) => Effect.catch(health(where), () => Effect.succeed("NotReady" as const)) }),
      ["an agent that does not answer is unreachable, whatever it is asked"]
    ],
    "that is always ready": [
      ({ health }) => ({ health: (where) => Effect.as(health(where), "Ready" as const) }),
      ["an agent is ready once it was told that its node may start, and not before"]
    ]
  }
  for (const [title, [breaks, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const { script } = yield* InMemoryAgent.InMemoryAgent
        script("runs", { durationMs: Number.POSITIVE_INFINITY })
        for (const type of ["completes", "mark-ready"]) script(type, { durationMs: 0 })
        script("fails", { durationMs: 0, failures: 1 })
        script("refused", { rejects: "no" })
        const agent = yield* TaskAgent.TaskAgent
        const failed = yield* Effect.provideService(broken(Conformance.cases.taskAgent(options)), TaskAgent.TaskAgent, {
          ...agent,
          ...breaks(agent)
        })
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(agents))
    )
  }
})
