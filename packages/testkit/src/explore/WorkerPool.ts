/**
 * Runs jobs on several worker threads. Jobs are started in order, each on the next free worker, and results are
 * returned in the order of the jobs, so the result does not depend on the number of workers.
 */
import { availableParallelism } from "node:os"
import { parentPort, Worker, workerData } from "node:worker_threads"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as ErrorMessage from "../ErrorMessage.ts"
import { withoutLogs } from "./Logging.ts"

/** A worker did not start, died, or returned a result that does not decode. */
export class WorkerLost extends Data.TaggedError("WorkerLost")<{ readonly message: string }> {}

export interface Work<Result> {
  /** The module that every worker runs. It calls {@link serve}. */
  readonly worker: URL
  /** Input for the start of every worker. Plain data, as everything that is sent between threads. */
  readonly data: unknown
  readonly jobs: ReadonlyArray<unknown>
  readonly result: Schema.ConstraintDecoder<Result>
  /** The number of workers. Default: one per core of the machine. Never more than there are jobs. */
  readonly cores?: number
  /** Stops at the first result for which this is true: no later job is started. */
  readonly stopOn?: (result: Result) => boolean
}

/**
 * The results in the order of their jobs, up to and including the first for which `stopOn` is true. Every job before
 * that one has been done. Results of later jobs are dropped.
 */
export const run = <Result>(work: Work<Result>): Effect.Effect<ReadonlyArray<Result>, WorkerLost> => {
  const { cores = availableParallelism(), stopOn = () => false, jobs } = work
  const results: Array<Result> = []
  let next = 0
  let count = jobs.length
  const worker = Effect.gen(function* () {
    const perform = yield* start(work)
    while (next < count) {
      const index = next++
      const result = yield* perform(jobs[index])
      results[index] = result
      if (stopOn(result)) count = Math.min(count, index + 1)
    }
  })
  const workers = Array.from({ length: Math.max(1, Math.min(cores, jobs.length)) }, () => Effect.scoped(worker))
  return Effect.map(Effect.all(workers, { concurrency: "unbounded", discard: true }), () => results.slice(0, count))
}

const Reply = Schema.Union([Schema.Struct({ result: Schema.Unknown }), Schema.Struct({ error: Schema.String })])

/** Starts a worker and returns how to run a job on it. Closing the scope terminates the worker. */
const start = <Result>({
  data,
  result,
  worker: module
}: Work<Result>): Effect.Effect<(job: unknown) => Effect.Effect<Result, WorkerLost>, never, Scope> => {
  const decodeReply = Schema.decodeUnknownEffect(Reply)
  const decodeResult = Schema.decodeUnknownEffect(result)
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Worker(module, { workerData: data })),
      (worker) => Effect.promise(() => worker.terminate())
    ),
    (worker) => (job) =>
      Effect.gen(function* () {
        const reply = yield* Effect.flatMap(exchange(worker, job), decodeReply)
        return "error" in reply ? yield* new WorkerLost({ message: reply.error }) : yield* decodeResult(reply.result)
      }).pipe(Effect.catchTag("SchemaError", ({ message }) => new WorkerLost({ message })))
  )
}

const exchange = (worker: Worker, job: unknown): Effect.Effect<unknown, WorkerLost> =>
  Effect.callback((resume) => {
    const unsubscribe = () => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit)
    }
    const end = (outcome: Effect.Effect<unknown, WorkerLost>) => {
      unsubscribe()
      resume(outcome)
    }
    const onMessage = (reply: unknown) => end(Effect.succeed(reply))
    const onError = (error: unknown) => end(new WorkerLost({ message: ErrorMessage.of(error) }))
    const onExit = (code: number) => end(new WorkerLost({ message: `a worker exited with code ${code}` }))
    worker.on("message", onMessage).on("error", onError).on("exit", onExit)
    worker.postMessage(job)
    return Effect.sync(unsubscribe)
  })

/**
 * The worker's side, for the module that {@link run} starts: calls `prepare` once with the data of the work, then runs
 * jobs as they arrive, without their log output. A job that dies fails the whole work. Dies outside of a worker thread.
 */
export const serve = (
  prepare: (data: unknown) => Effect.Effect<(job: unknown) => Effect.Effect<unknown>>
): Effect.Effect<never> =>
  Effect.gen(function* () {
    const port = parentPort
    if (port === null) return yield* Effect.die(new Error("this module only runs as a worker of WorkerPool.run"))
    const perform = yield* prepare(workerData)
    const reply = (exit: Exit.Exit<unknown>) =>
      port.postMessage(
        Exit.isSuccess(exit) ? { result: exit.value } : { error: ErrorMessage.of(Cause.squash(exit.cause)) }
      )
    port.on("message", (job: unknown) => {
      Effect.runFork(withoutLogs(Effect.map(Effect.exit(perform(job)), reply)))
    })
    return yield* Effect.never
  })
