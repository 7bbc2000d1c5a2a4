/**
 * Processes that serve: started on free ports, ready when they say so, and ended with their scope. They live in real time,
 * whatever clock a test has in view.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Https from "node:https"
import { createServer } from "node:net"
import * as Path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ControlPlaneFailed } from "./Failed.ts"
import type { Shelter } from "./Shelter.ts"

export interface Server {
  readonly name: string
  readonly assets: string
  readonly shelter: Shelter
  /** How many ports it needs. */
  readonly ports: number
  readonly flags: (...ports: ReadonlyArray<number>) => ReadonlyArray<string>
  /** Answers 200 once the server is ready. */
  readonly ready: (...ports: ReadonlyArray<number>) => string
  /** The file with the certificate that the server makes for itself, where it talks TLS. */
  readonly certificate?: string
  readonly readyWithinMs: number
}

/** Between asking for a free port and listening on it somebody else may take it. */
const ATTEMPTS = 3
const ASK_EVERY_MS = 100
/** How long a process may take to end before it is killed. */
const GRACE_MS = 5_000

/** Starts a server; returns the ports it has once it is ready. */
export const serve = (server: Server): Effect.Effect<ReadonlyArray<number>, ControlPlaneFailed, Scope.Scope> =>
  attempt(server).pipe(
    Effect.retry({ times: ATTEMPTS - 1, while: ({ said }) => /address already in use/u.test(said) }),
    Effect.catchTag("NotReady", ({ how, said }) => {
      const words = said === "" ? "it logged nothing" : `the last it said: ${said}`
      return Effect.fail(new ControlPlaneFailed({ message: `${server.name} ${how}; ${words}` }))
    })
  )

class NotReady extends Data.TaggedError("NotReady")<{ readonly how: string; readonly said: string }> {}

const attempt = Effect.fnUntraced(function* (server: Server) {
  const { assets, flags, name, ready, readyWithinMs, shelter } = server
  const ports = yield* Effect.promise(() => freePorts(server.ports))
  const log = shelter.at(`${name}.log`)
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const file = Fs.openSync(log, "w")
      const started = spawn(Path.join(assets, name), flags(...ports), { stdio: ["ignore", file, file] })
      Fs.closeSync(file)
      if (started.pid !== undefined) shelter.watch(started.pid)
      return started
    }),
    end
  )
  const notReady = (how: string) => Effect.fail(new NotReady({ how, said: lastLine(log) }))
  yield* Effect.raceFirst(
    Effect.flatMap(ended(child), notReady),
    Effect.flatMap(
      Effect.promise((signal) => answers(ready(...ports), server.certificate, readyWithinMs, signal)),
      (isReady) =>
        isReady
          ? Effect.void
          : notReady(`was not ready after ${readyWithinMs / 1000} s; allow it more in \`readyWithin\``)
    )
  )
  return ports
})

/** How a process ended by itself, once it has. */
const ended = (child: ChildProcess): Effect.Effect<string> =>
  Effect.callback((resume) => {
    child.once("error", ({ message }) => resume(Effect.succeed(`could not be started (${message})`)))
    child.once("exit", (code, signal) =>
      resume(Effect.succeed(code === null ? `was ended by ${signal} before it was ready` : `exited with ${code}`))
    )
  })

const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    const late = setTimeout(() => child.kill("SIGKILL"), GRACE_MS)
    child.once("exit", () => {
      clearTimeout(late)
      resume(Effect.void)
    })
    child.kill("SIGTERM")
  })

/** The last words in a log, on one line and not too long. */
const lastLine = (path: string): string =>
  Fs.readFileSync(path, "utf8").trimEnd().split("\n").at(-1)?.trim().slice(0, 500) ?? ""

const freePorts = (count: number): Promise<ReadonlyArray<number>> => {
  const free = () =>
    new Promise<number>((resolve, reject) => {
      const probe = createServer().once("error", reject)
      probe.listen(0, "127.0.0.1", () => {
        const address = probe.address()
        probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
  return Promise.all(Array.from({ length: count }, free))
}

/** Asks until the answer is 200; `false` when the time is over. */
const answers = async (
  url: string,
  certificate: string | undefined,
  withinMs: number,
  signal: AbortSignal
): Promise<boolean> => {
  for (let waited = 0; waited < withinMs; waited += ASK_EVERY_MS) {
    if (await isOk(url, certificate, signal)) return true
    await sleep(ASK_EVERY_MS, undefined, { signal })
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
