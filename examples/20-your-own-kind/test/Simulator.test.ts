import { simulate } from "@portolan/testkit/async"
import { test } from "vitest"
import { simulation } from "./simulation.ts"

test("a backup converges and every invariant holds after any sequence of edits, faults and time", () =>
  simulate(simulation, Number(process.env.SEEDS ?? 25)))
