#!/usr/bin/env node
/** Entry point of the command `portolan-simulate`. */
import * as Effect from "effect/Effect"
import { run } from "../explore/command/Command.ts"

const { code, complaint, output } = await Effect.runPromise(run(process.argv.slice(2)))
process.stdout.write(output)
process.stderr.write(complaint)
process.exitCode = code
