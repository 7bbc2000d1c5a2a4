/** The simulation that a module exports. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Simulation } from "../Simulator.ts"
import { BadInput, firstLine } from "./Arguments.ts"

/** Loads a module, and finds the simulation in it. */
export const load = (module: URL, name: string): Effect.Effect<Simulation, BadInput> =>
  Effect.gen(function* () {
    const path = fileURLToPath(module)
    if (!existsSync(path)) return yield* new BadInput({ message: `there is no module ${path}` })
    const exports: unknown = yield* Effect.tryPromise({
      try: () => import(module.href),
      catch: (error) => new BadInput({ message: `${path} does not load: ${firstLine(error)}` })
    })
    if (!Predicate.hasProperty(exports, name)) return yield* new BadInput({ message: `${path} exports no ${name}` })
    const found = exports[name]
    return isSimulation(found) ? found : yield* new BadInput({ message: `${name} of ${path} is no simulation` })
  })

const isSimulation = (value: unknown): value is Simulation =>
  Predicate.hasProperty(value, "name") &&
  typeof value.name === "string" &&
  Predicate.hasProperty(value, "begin") &&
  Array.isArray(value.begin) &&
  Predicate.hasProperty(value, "acts") &&
  typeof value.acts === "function" &&
  Predicate.hasProperty(value, "controllerUnderTest") &&
  Predicate.hasProperty(value.controllerUnderTest, "harness") &&
  typeof value.controllerUnderTest.harness === "function"
