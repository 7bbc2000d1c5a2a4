import { simulate } from "@portolan/testkit/async"
import { test } from "vitest"
import { simulation } from "./simulation.ts"

test("a backup settles, and every law holds, whatever users, faults and time have done to it", () =>
  simulate(simulation, Number(process.env.SEEDS ?? 25)))
