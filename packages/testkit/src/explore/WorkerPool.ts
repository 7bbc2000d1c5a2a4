/**
 * Work that several cores share. Jobs are handed out in order, each to whoever is free; answers come back in the order of
 * the jobs, so that what comes out does not depend on how many cores there are.
 */
import { availableParallelism } from "node:os"
import { parentPort, Worker, workerData } from "node:worker_threads"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { withoutLogs } from "./WithoutLogs.ts"

/** A core did not come up, died, or gave an answer that is none. */
export class WorkerLost extends Data.TaggedError("WorkerLost")<{ readonly message: string }> {}

export interface Work<Answer> {
  /** The module that every core runs; it calls {@link serve}. */
  readonly worker: URL
  /** What every core is told when it comes up. Plain data, as all that goes between cores. */
  readonly data: unknown
  readonly jobs: ReadonlyArray<unknown>
  readonly answer: Schema.ConstraintDecoder<Answer>
  /** As many as the machine has unless told; never more than there are jobs. */
  readonly cores?: number
  /** After an answer for which this holds, no job is begun that comes after it. */
  readonly isEnough?: (answer: Answer) => boolean
}

/**
 * The answers in the order of their jobs: all of them, or those until the first for which `isEnough` holds. Every job before
 * that one has been done; what was done after it does not count.
 */
export const share = <Answer>(work: Work<Answer>): Effect.Effect<ReadonlyArray<Answer>, WorkerLost> => {
  const { cores = availableParallelism(), isEnough = () => false, jobs } = work
  const answers: Array<Answer> = []
  let next = 0
  let count = jobs.length
  const core = Effect.gen(function* () {
    const ask = yield* start(work)
    while (next < count) {
      const index = next++
      const answer = yield* ask(jobs[index])
      answers[index] = answer
      if (isEnough(answer)) count = Math.min(count, index + 1)
    }
  })
  const all = Array.from({ length: Math.max(1, Math.min(cores, jobs.length)) }, () => Effect.scoped(core))
  return Effect.map(Effect.all(all, { concurrency: "unbounded", discard: true }), () => answers.slice(0, count))
}

const Reply = Schema.Union([Schema.Struct({ answer: Schema.Unknown }), Schema.Struct({ died: Schema.String })])

/** Another core, and how to have it do a job; it is gone when the scope closes. */
const start = <Answer>({ answer, data, worker }: Work<Answer>): Effect.Effect<Ask<Answer>, never, Scope> => {
  const decodeReply = Schema.decodeUnknownEffect(Reply)
  const decodeAnswer = Schema.decodeUnknownEffect(answer)
  const made = Effect.sync(() => new Worker(worker, { workerData: data }))
  return Effect.map(
    Effect.acquireRelease(made, (core) => Effect.promise(() => core.terminate())),
    (core) => (job) =>
      Effect.gen(function* () {
        const reply = yield* Effect.flatMap(exchange(core, job), decodeReply)
        return "died" in reply ? yield* new WorkerLost({ message: reply.died }) : yield* decodeAnswer(reply.answer)
      }).pipe(Effect.catchTag("SchemaError", ({ message }) => new WorkerLost({ message })))
  )
}

type Ask<Answer> = (job: unknown) => Effect.Effect<Answer, WorkerLost>

const exchange = (core: Worker, job: unknown): Effect.Effect<unknown, WorkerLost> =>
  Effect.callback((resume) => {
    const end = (outcome: Effect.Effect<unknown, WorkerLost>) => {
      core.off("message", answered).off("error", failed).off("exit", ended)
      resume(outcome)
    }
    const answered = (reply: unknown) => end(Effect.succeed(reply))
    const failed = (error: unknown) => end(new WorkerLost({ message: messageOf(error) }))
    const ended = (code: number) => end(new WorkerLost({ message: `a core ended with ${code}` }))
    core.on("message", answered).on("error", failed).on("exit", ended)
    core.postMessage(job)
    return Effect.sync(() => {
      core.off("message", answered).off("error", failed).off("exit", ended)
    })
  })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * The other side, for the module that {@link share} runs: asks `prepare` once with the data of the work, then does jobs as
 * they come, and shows nothing of what they log. A job that dies ends the whole work. Dies in a module that no other core has
 * started.
 */
export const serve = (
  prepare: (data: unknown) => Effect.Effect<(job: unknown) => Effect.Effect<unknown>>
): Effect.Effect<never> =>
  Effect.gen(function* () {
    const port = parentPort
    if (port === null) return yield* Effect.die(new Error("nobody shares any work with this module"))
    const perform = yield* prepare(workerData)
    const reply = (exit: Exit.Exit<unknown>) =>
      port.postMessage(Exit.isSuccess(exit) ? { answer: exit.value } : { died: messageOf(Cause.squash(exit.cause)) })
    port.on("message", (job: unknown) => {
      Effect.runFork(withoutLogs(Effect.map(Effect.exit(perform(job)), reply)))
    })
    return yield* Effect.never
  })
