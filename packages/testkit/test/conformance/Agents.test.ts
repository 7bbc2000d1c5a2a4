/** The `TaskAgent` suite detects faulty implementations: each fails exactly the cases that it violates. */
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryAgent } from "../../src/index.ts"
import { failingCases } from "./failingCases.ts"

type Agent = TaskAgent.TaskAgent["Service"]

const agents = InMemoryAgent.layerWith({ listens: (address) => address === "http://agent" })
const address = TaskAgent.AgentAddress.make("http://agent")
const options = {
  address,
  silent: TaskAgent.AgentAddress.make("http://nobody"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" },
  timeout: "50 millis"
} as const

/** The error with its reason swapped: a rejection becomes unreachable, and the other way round. */
const swapped = (error: TaskAgent.AgentError) =>
  new TaskAgent.AgentError({
    address: error.address,
    reason:
      error.reason._tag === "AgentRejected"
        ? new TaskAgent.AgentUnreachable({ message: error.message })
        : new TaskAgent.AgentRejected({ status: 400, message: error.message })
  })

describe("the suite of TaskAgent fails for an implementation", () => {
  const cases: { readonly [title: string]: readonly [(agent: Agent) => Partial<Agent>, ReadonlyArray<string>] } = {
    "that submits nothing": [
      () => ({ submit: () => Effect.void }),
      [
        "a submitted task is known and in its first run",
        "a task that succeeded is completed",
        "a failed task has an error message",
        "submitting a running task again changes nothing",
        "submitting a completed task again changes nothing",
        "submitting a failed task again starts another run",
        "a task that the agent rejects fails with its HTTP status and is unknown",
        "every call to an agent that does not respond fails as unreachable",
        "an agent is ready after its ready signal, and not before"
      ]
    ],
    "that reports unknown tasks as running": [
      ({ poll }) => ({
        poll: (...args) =>
          Effect.map(
            poll(...args),
            Option.orElseSome(() => ({ _tag: "Running", run: 1 }) as const)
          )
      }),
      [
        "a task that was not submitted is unknown, also after it was polled",
        "a task that the agent rejects fails with its HTTP status and is unknown"
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
      ["submitting a running task again changes nothing", "submitting a completed task again changes nothing"]
    ],
    "that submits a task only once": [
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
      ["submitting a failed task again starts another run"]
    ],
    "that omits the error of a failed task": [
      ({ poll }) => ({
        poll: (...args) =>
          Effect.map(
            poll(...args),
            Option.map((task) => (task._tag === "Failed" ? { ...task, error: "" } : task))
          )
      }),
      ["a failed task has an error message"]
    ],
    "that reports a rejection as unreachable": [
      ({ submit }) => ({
        submit: (where, task) =>
          where === address ? Effect.mapError(submit(where, task), swapped) : submit(where, task)
      }),
      ["a task that the agent rejects fails with its HTTP status and is unknown"]
    ],
    "that reports an unreachable agent as a rejection": [
      ({ poll }) => ({ poll: (...args) => Effect.mapError(poll(...args), swapped) }),
      ["every call to an agent that does not respond fails as unreachable"]
    ],
    "that reports an unreachable agent as not ready": [
      ({ health }) => ({ health: (where) => Effect.catch(health(where), () => Effect.succeed("NotReady" as const)) }),
      ["every call to an agent that does not respond fails as unreachable"]
    ],
    "that is always ready": [
      ({ health }) => ({ health: (where) => Effect.as(health(where), "Ready" as const) }),
      ["an agent is ready after its ready signal, and not before"]
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
        const failed = yield* Effect.provideService(
          failingCases(Conformance.cases.taskAgent(options)),
          TaskAgent.TaskAgent,
          {
            ...agent,
            ...breaks(agent)
          }
        )
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(agents))
    )
  }
})
