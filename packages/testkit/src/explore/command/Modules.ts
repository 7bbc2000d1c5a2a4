/** Loads the simulation that a module exports. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as ErrorMessage from "../../ErrorMessage.ts"
import type { Simulation } from "../Simulation.ts"
import { BadInput } from "./Arguments.ts"

export const load = (module: URL, name: string): Effect.Effect<Simulation, BadInput> =>
  Effect.gen(function* () {
    const path = fileURLToPath(module)
    if (!existsSync(path)) return yield* new BadInput({ message: `module not found: ${path}` })
    const exports: unknown = yield* Effect.tryPromise({
      try: () => import(module.href),
      catch: (error) => new BadInput({ message: `cannot import ${path}: ${ErrorMessage.firstLine(error)}` })
    })
    if (!Predicate.hasProperty(exports, name))
      return yield* new BadInput({ message: `${path} does not export "${name}"` })
    const value = exports[name]
    return isSimulation(value)
      ? value
      : yield* new BadInput({ message: `export "${name}" of ${path} is not a simulation` })
  })

const isSimulation = (value: unknown): value is Simulation =>
  Predicate.hasProperty(value, "name") &&
  typeof value.name === "string" &&
  Predicate.hasProperty(value, "setup") &&
  Array.isArray(value.setup) &&
  Predicate.hasProperty(value, "userActions") &&
  typeof value.userActions === "function" &&
  Predicate.hasProperty(value, "controllerUnderTest") &&
  Predicate.hasProperty(value.controllerUnderTest, "harness") &&
  typeof value.controllerUnderTest.harness === "function"
