/** The command line. */
import * as Command from "effect/cli/Command"
import { plan } from "./commands/Plan.ts"
import type { Process } from "./Process.ts"

export const cli = (process: Process) =>
  Command.make("portolan").pipe(
    Command.withDescription("Plans of sei.io objects: what a controller would do, before it does it"),
    Command.withSubcommands([plan(process)])
  )
