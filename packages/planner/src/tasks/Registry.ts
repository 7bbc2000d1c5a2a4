/** The table from task type to task. A type without an entry does not compile; a stored type without one fails its plan. */
import * as Option from "effect/Option"
import type { Task } from "./Task.ts"

/** Total over `Type`, the task types of a kind. */
export type Registry<Type extends string, Observation, R> = { readonly [T in Type]: Task<Observation, R> }

/** The task of a stored type; `None` for an unknown type. */
export const lookup = <Observation, R>(
  registry: Registry<string, Observation, R>,
  type: string
): Option.Option<Task<Observation, R>> =>
  Object.hasOwn(registry, type) ? Option.fromUndefinedOr(registry[type]) : Option.none()
