#!/usr/bin/env node
/** Entry point of the command line. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { cli } from "./Cli.ts"

/** A command that ran to its end may have set an exit code. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isSuccess(exit) ? onExit(Number(process.exitCode ?? 0)) : Runtime.defaultTeardown(exit, onExit)

const setExitCode = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? "") === ""

cli({ env: process.env, colour, setExitCode }).pipe(
  Command.run({ version: "0.1.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ teardown })
)
