/** Directories with shell scripts in place of the binaries of a control plane. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** Serves the readiness endpoint of etcd until it is terminated. */
export const SERVES = `exec ${process.execPath} -e '
const { createServer } = require("node:http")
const [port] = /(?<=listen-client-urls=http:..127.0.0.1:)\\d+/.exec(process.argv.join(" "))
createServer((_, response) => response.end("{}")).listen(Number(port), "127.0.0.1")
' -- "$@"`

/** A temporary directory with scripts by name. */
export const folder = (scripts: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = Fs.mkdtempSync(Path.join(Os.tmpdir(), "binaries-"))
      for (const [name, script] of Object.entries(scripts)) {
        Fs.writeFileSync(Path.join(path, name), script, { mode: 0o755 })
      }
      return path
    }),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
  )

/** A script that prints its version with --version, and runs a command otherwise. */
export const script = (version: string, command = "exit 0"): string =>
  `#!/bin/sh\nif [ "$1" = --version ]; then echo "${version}"; exit 0; fi\n${command}\n`
