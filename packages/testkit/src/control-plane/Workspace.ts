/**
 * A temporary directory for child processes, with a watchdog. The watchdog is a shell in another process group that
 * reads from a pipe: when this process ends in any way, even by SIGKILL, the pipe closes, and the shell kills the child
 * processes and removes the directory.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Workspace {
  /** The path of a file in the directory. */
  readonly at: (name: string) => string
  /** Makes the watchdog kill a process when this one ends. */
  readonly watch: (pid: number) => void
}

const WATCHDOG = `while read -r pid; do pids="$pids $pid"; done
kill -9 $pids
rm -rf "$1" || { sleep 1; rm -rf "$1"; }`

/** The directory is removed when the scope closes. */
export const make: Effect.Effect<Workspace, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "control-plane-"))
      const watchdog = spawn("/bin/sh", ["-c", WATCHDOG, "watchdog", directory], {
        detached: true,
        stdio: ["pipe", "ignore", "ignore"]
      })
      watchdog.unref()
      return { directory, watchdog }
    }),
    ({ directory, watchdog }) =>
      Effect.sync(() => {
        Fs.rmSync(directory, { recursive: true, force: true })
        watchdog.kill("SIGKILL")
      })
  ),
  ({ directory, watchdog }) => ({
    at: (name) => Path.join(directory, name),
    watch: (pid) => watchdog.stdin.write(`${pid}\n`)
  })
)
