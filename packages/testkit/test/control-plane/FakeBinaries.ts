/** Folders with binaries that are scripts: they answer about their version, and then do what a test says. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** Says that it is ready on every port of its flags, and does not end until it is told to. */
export const SERVES = `exec ${process.execPath} -e '
const { createServer } = require("node:http")
const [port] = /(?<=listen-client-urls=http:..127.0.0.1:)\\d+/.exec(process.argv.join(" "))
createServer((_, response) => response.end("{}")).listen(Number(port), "127.0.0.1")
' -- "$@"`

/** Scripts by name, each after its version. */
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

/** A script that says a version, and otherwise does something. */
export const script = (version: string, otherwise = "exit 0"): string =>
  `#!/bin/sh\nif [ "$1" = --version ]; then echo "${version}"; exit 0; fi\n${otherwise}\n`
