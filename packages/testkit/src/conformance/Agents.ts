/** Conformance of `TaskAgent`. */
import { assert } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ConformanceCase, eventually } from "./ConformanceCase.ts"

export interface Options {
  /** A new agent: it knows no task and has not received its ready signal. */
  readonly address: TaskAgent.AgentAddress
  /** An address where nothing listens. */
  readonly silent: TaskAgent.AgentAddress
  /** Types of tasks by what the agent does with them at once. */
  readonly types: {
    /** Does not end. */
    readonly runs: string
    readonly completes: string
    /** The first run fails. */
    readonly fails: string
    /** The agent rejects it. */
    readonly refused: string
    /** The ready signal: after it the agent reports itself ready. */
    readonly ready: string
  }
  /** How long a task that ends at once may take. Default: 5 seconds. */
  readonly timeout?: Duration.Input
}

type R = TaskAgent.TaskAgent

const agent = TaskAgent.TaskAgent

/** A task id that is the same on every run. */
const id = (last: number): string => `00000000-0000-4000-8000-${`${last}`.padStart(12, "0")}`

export const cases = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  ...tasks(options),
  ...resubmission(options),
  ...errors(options),
  ...health(options)
]

const verbs = ({ address, timeout = "5 seconds" }: Options) => {
  const submit = (task: number, type: string) => agent.use((remote) => remote.submit(address, { id: id(task), type }))
  const poll = (task: number) => agent.use((remote) => remote.poll(address, id(task)))
  const ended = (task: number, run = 1) =>
    eventually(
      Effect.map(
        poll(task),
        Option.filter((found) => found._tag !== "Running" && found.run >= run)
      ),
      timeout
    )
  return { submit, poll, ended }
}

const tasks = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { ended, poll, submit } = verbs(options)
  const { types } = options
  return [
    {
      name: "a task that was not submitted is unknown, also after it was polled",
      run: Effect.gen(function* () {
        assert.deepStrictEqual([yield* poll(1), yield* poll(1)], [Option.none(), Option.none()])
      })
    },
    {
      name: "a submitted task is known and in its first run",
      run: Effect.gen(function* () {
        yield* submit(2, types.runs)
        assert.deepStrictEqual(yield* poll(2), Option.some({ _tag: "Running", run: 1 }))
      })
    },
    {
      name: "a task that succeeded is completed",
      run: Effect.gen(function* () {
        yield* submit(3, types.completes)
        assert.deepStrictEqual(yield* ended(3), { _tag: "Completed", run: 1 })
      })
    },
    {
      name: "a failed task has an error message",
      run: Effect.gen(function* () {
        yield* submit(4, types.fails)
        const task = yield* ended(4)
        assert.isNotEmpty(task._tag === "Failed" ? task.error : "")
      })
    }
  ]
}

const resubmission = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { ended, poll, submit } = verbs(options)
  const { types } = options
  return [
    {
      name: "submitting a running task again changes nothing",
      run: Effect.gen(function* () {
        yield* submit(5, types.runs)
        yield* submit(5, types.runs)
        assert.deepStrictEqual(yield* poll(5), Option.some({ _tag: "Running", run: 1 }))
      })
    },
    {
      name: "submitting a completed task again changes nothing",
      run: Effect.gen(function* () {
        yield* submit(6, types.completes)
        const before = yield* ended(6)
        yield* submit(6, types.completes)
        assert.deepStrictEqual(yield* poll(6), Option.some(before))
      })
    },
    {
      name: "submitting a failed task again starts another run",
      run: Effect.gen(function* () {
        yield* submit(7, types.fails)
        const first = yield* ended(7)
        yield* submit(7, types.fails)
        const second = yield* ended(7, 2)
        assert.deepStrictEqual([first.run, second.run], [1, 2])
      })
    }
  ]
}

const errors = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { poll, submit } = verbs(options)
  const { address, silent, types } = options
  return [
    {
      name: "a task that the agent rejects fails with its HTTP status and is unknown",
      run: Effect.gen(function* () {
        const error = yield* Effect.flip(submit(8, types.refused))
        assert.strictEqual(error.address, address)
        assert.isTrue(error.reason._tag === "AgentRejected" && error.reason.status >= 400 && error.reason.status < 500)
        assert.deepStrictEqual(yield* poll(8), Option.none())
      })
    },
    {
      name: "every call to an agent that does not respond fails as unreachable",
      run: Effect.gen(function* () {
        const task = { id: id(9), type: types.completes }
        const calls = [
          agent.use((remote) => Effect.asVoid(remote.submit(silent, task))),
          agent.use((remote) => Effect.asVoid(remote.poll(silent, task.id))),
          agent.use((remote) => Effect.asVoid(remote.health(silent)))
        ]
        for (const call of calls) {
          const { address, reason } = yield* Effect.flip(call)
          assert.deepStrictEqual([address, reason._tag], [silent, "AgentUnreachable"])
        }
      })
    }
  ]
}

const health = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an agent is ready after its ready signal, and not before",
    run: Effect.gen(function* () {
      const read = agent.use((remote) => remote.health(options.address))
      const before = yield* read
      const { ended, submit } = verbs(options)
      yield* submit(10, options.types.ready)
      yield* ended(10)
      assert.deepStrictEqual([before, yield* read], ["NotReady", "Ready"])
    })
  }
]
