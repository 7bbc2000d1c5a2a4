/**
 * A folder for some processes. A shell outside our process group holds the other end of a pipe: when this process is gone,
 * however it went, the pipe breaks, and the shell kills what runs here and removes the folder.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Shelter {
  /** The path of a file in the folder. */
  readonly at: (name: string) => string
  /** Has a process killed when this one is gone. */
  readonly watch: (pid: number) => void
}

const GUARD = `while read -r pid; do pids="$pids $pid"; done
kill -9 $pids
rm -rf "$1" || { sleep 1; rm -rf "$1"; }`

/** The folder is removed when the scope closes. */
export const make: Effect.Effect<Shelter, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "control-plane-"))
      const guard = spawn("/bin/sh", ["-c", GUARD, "guard", folder], {
        detached: true,
        stdio: ["pipe", "ignore", "ignore"]
      })
      guard.unref()
      return { folder, guard }
    }),
    ({ folder, guard }) =>
      Effect.sync(() => {
        Fs.rmSync(folder, { recursive: true, force: true })
        guard.kill("SIGKILL")
      })
  ),
  ({ folder, guard }) => ({
    at: (name) => Path.join(folder, name),
    watch: (pid) => guard.stdin.write(`${pid}\n`)
  })
)
