/** The command `portolan` with its subcommands. */
import * as Command from "effect/cli/Command"
import { plan } from "./commands/Plan.ts"
import type { Process } from "./Process.ts"

export const cli = (process: Process) =>
  Command.make("portolan").pipe(
    Command.withDescription("Inspect what a controller would do with sei.io objects, without changing anything"),
    Command.withSubcommands([plan(process)])
  )
