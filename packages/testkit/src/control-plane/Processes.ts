/**
 * Runs server processes: starts them on free ports, waits until they are ready, and stops them with their scope. It
 * uses real time, also in tests with a `TestClock`.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Https from "node:https"
import { createServer } from "node:net"
import * as Path from "node:path"
import { promisify } from "node:util"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ControlPlaneFailed } from "./ControlPlaneFailed.ts"
import type { Workspace } from "./Workspace.ts"

/** In real time, and it can be aborted. */
const sleep = promisify(setTimeout)

export interface Server {
  readonly name: string
  readonly assets: string
  readonly workspace: Workspace
  /** The number of ports. */
  readonly ports: number
  readonly flags: (...ports: ReadonlyArray<number>) => ReadonlyArray<string>
  /** The URL that responds 200 once the server is ready. */
  readonly ready: (...ports: ReadonlyArray<number>) => string
  /** The file with the self-signed certificate of a server that uses TLS. */
  readonly certificate?: string
  readonly readyWithinMs: number
}

/** A free port may be taken by another process before the server listens on it. */
const ATTEMPTS = 3
const POLL_INTERVAL_MS = 100
/** The time from SIGTERM to SIGKILL. */
const GRACE_MS = 5_000

/** Starts a server and waits until it is ready. Returns its ports. */
export const serve = (server: Server): Effect.Effect<ReadonlyArray<number>, ControlPlaneFailed, Scope.Scope> =>
  attempt(server).pipe(
    Effect.retry({ times: ATTEMPTS - 1, while: ({ lastLine }) => /address already in use/u.test(lastLine) }),
    Effect.catchTag("NotReady", ({ lastLine, reason }) => {
      const log = lastLine === "" ? "its log is empty" : `last line of its log: ${lastLine}`
      return Effect.fail(new ControlPlaneFailed({ message: `${server.name} ${reason}; ${log}` }))
    })
  )

class NotReady extends Data.TaggedError("NotReady")<{ readonly reason: string; readonly lastLine: string }> {}

const attempt = Effect.fnUntraced(function* (server: Server) {
  const { assets, flags, name, ready, readyWithinMs, workspace } = server
  const ports = yield* Effect.promise(() => freePorts(server.ports))
  const log = workspace.at(`${name}.log`)
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const file = Fs.openSync(log, "w")
      const child = spawn(Path.join(assets, name), flags(...ports), { stdio: ["ignore", file, file] })
      Fs.closeSync(file)
      if (child.pid !== undefined) workspace.watch(child.pid)
      return child
    }),
    stop
  )
  const notReady = (reason: string) => Effect.fail(new NotReady({ reason, lastLine: lastLineOf(log) }))
  yield* Effect.raceFirst(
    Effect.flatMap(exitOf(child), notReady),
    Effect.flatMap(
      Effect.promise((signal) => becomesReady(ready(...ports), server.certificate, readyWithinMs, signal)),
      (isReady) =>
        isReady
          ? Effect.void
          : notReady(`was not ready after ${readyWithinMs / 1000} s; increase the option \`readyWithin\``)
    )
  )
  return ports
})

/** Waits until a process exits by itself. Returns how. */
const exitOf = (child: ChildProcess): Effect.Effect<string> =>
  Effect.callback((resume) => {
    child.once("error", ({ message }) => resume(Effect.succeed(`could not be started (${message})`)))
    child.once("exit", (code, signal) =>
      resume(Effect.succeed(code === null ? `was terminated by ${signal} before it was ready` : `exited with ${code}`))
    )
  })

const stop = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    const timeout = setTimeout(() => child.kill("SIGKILL"), GRACE_MS)
    child.once("exit", () => {
      clearTimeout(timeout)
      resume(Effect.void)
    })
    child.kill("SIGTERM")
  })

/** The last line of a log file, at most 500 characters. */
const lastLineOf = (path: string): string =>
  Fs.readFileSync(path, "utf8").trimEnd().split("\n").at(-1)?.trim().slice(0, 500) ?? ""

const freePorts = (count: number): Promise<ReadonlyArray<number>> => {
  const freePort = () =>
    new Promise<number>((resolve, reject) => {
      const probe = createServer().once("error", reject)
      probe.listen(0, "127.0.0.1", () => {
        const address = probe.address()
        probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
  return Promise.all(Array.from({ length: count }, freePort))
}

/** Polls until the response is 200; `false` on timeout. */
const becomesReady = async (
  url: string,
  certificate: string | undefined,
  withinMs: number,
  signal: AbortSignal
): Promise<boolean> => {
  for (let waited = 0; waited < withinMs; waited += POLL_INTERVAL_MS) {
    if (await isOk(url, certificate, signal)) return true
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
  return false
}

const isOk = (url: string, certificate: string | undefined, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (certificate !== undefined && !Fs.existsSync(certificate)) return resolve(false)
    const options = { agent: false, signal, timeout: 2_000 }
    const request =
      certificate === undefined
        ? Http.get(url, options)
        : Https.get(url, { ...options, ca: Fs.readFileSync(certificate) })
    request.once("response", (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.once("timeout", () => request.destroy())
    request.once("error", () => resolve(false))
  })
