/** What `TaskAgent` says. */
import { assert } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ConformanceCase, eventually } from "./ConformanceCase.ts"

export interface Options {
  /** An agent that knows no task, and that was not told that its node may start. */
  readonly address: TaskAgent.AgentAddress
  /** Where nobody answers. */
  readonly silent: TaskAgent.AgentAddress
  /** Types of tasks by what becomes of them there, at once. */
  readonly types: {
    readonly runs: string
    readonly completes: string
    /** Fails at least once. */
    readonly fails: string
    /** The agent says no to it. */
    readonly refused: string
    /** Tells the agent that its node may start. */
    readonly ready: string
  }
  /** How long a task that ends at once may take: 5 s unless told. */
  readonly timeout?: Duration.Input
}

type R = TaskAgent.TaskAgent

const agent = TaskAgent.TaskAgent

/** Ids are the same on every run. */
const id = (last: number): string => `00000000-0000-4000-8000-${`${last}`.padStart(12, "0")}`

export const cases = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  ...tasks(options),
  ...again(options),
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
      name: "a task that nobody handed over is not known, also after it was asked for",
      run: Effect.gen(function* () {
        assert.deepStrictEqual([yield* poll(1), yield* poll(1)], [Option.none(), Option.none()])
      })
    },
    {
      name: "a task is known once it is handed over, and is in its first run",
      run: Effect.gen(function* () {
        yield* submit(2, types.runs)
        assert.deepStrictEqual(yield* poll(2), Option.some({ _tag: "Running", run: 1 }))
      })
    },
    {
      name: "a task that ended well is completed",
      run: Effect.gen(function* () {
        yield* submit(3, types.completes)
        assert.deepStrictEqual(yield* ended(3), { _tag: "Completed", run: 1 })
      })
    },
    {
      name: "a task that failed says why",
      run: Effect.gen(function* () {
        yield* submit(4, types.fails)
        const task = yield* ended(4)
        assert.isNotEmpty(task._tag === "Failed" ? task.error : "")
      })
    }
  ]
}

const again = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { ended, poll, submit } = verbs(options)
  const { types } = options
  return [
    {
      name: "handing over a running task again changes nothing",
      run: Effect.gen(function* () {
        yield* submit(5, types.runs)
        yield* submit(5, types.runs)
        assert.deepStrictEqual(yield* poll(5), Option.some({ _tag: "Running", run: 1 }))
      })
    },
    {
      name: "handing over a completed task again changes nothing",
      run: Effect.gen(function* () {
        yield* submit(6, types.completes)
        const before = yield* ended(6)
        yield* submit(6, types.completes)
        assert.deepStrictEqual(yield* poll(6), Option.some(before))
      })
    },
    {
      name: "handing over a failed task again starts another run of it",
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
      name: "a task that the agent says no to is rejected with a status and is not known",
      run: Effect.gen(function* () {
        const error = yield* Effect.flip(submit(8, types.refused))
        assert.strictEqual(error.address, address)
        assert.isTrue(error.reason._tag === "AgentRejected" && error.reason.status >= 400 && error.reason.status < 500)
        assert.deepStrictEqual(yield* poll(8), Option.none())
      })
    },
    {
      name: "an agent that does not answer is unreachable, whatever it is asked",
      run: Effect.gen(function* () {
        const task = { id: id(9), type: types.completes }
        const calls = [
          agent.use((remote) => Effect.asVoid(remote.submit(silent, task))),
          agent.use((remote) => Effect.asVoid(remote.poll(silent, task.id))),
          agent.use((remote) => Effect.asVoid(remote.health(silent)))
        ]
        for (const call of calls) {
          const { address: asked, reason } = yield* Effect.flip(call)
          assert.deepStrictEqual([asked, reason._tag], [silent, "AgentUnreachable"])
        }
      })
    }
  ]
}

const health = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an agent is ready once it was told that its node may start, and not before",
    run: Effect.gen(function* () {
      const look = agent.use((remote) => remote.health(options.address))
      const before = yield* look
      const { ended, submit } = verbs(options)
      yield* submit(10, options.types.ready)
      yield* ended(10)
      assert.deepStrictEqual([before, yield* look], ["NotReady", "Ready"])
    })
  }
]
