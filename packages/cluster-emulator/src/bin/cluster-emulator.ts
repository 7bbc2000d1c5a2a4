#!/usr/bin/env node
/** The command `cluster-emulator`. */
import { run } from "./Command.ts"

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text)
})
