#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { cli } from "./Cli.ts"

/** A command that ends well may still have said, by the exit code, that its input is wrong. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isSuccess(exit) ? onExit(Number(process.exitCode ?? 0)) : Runtime.defaultTeardown(exit, onExit)

const end = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? "") === ""

cli({ env: process.env, colour, end }).pipe(
  Command.run({ version: "0.1.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ teardown })
)
