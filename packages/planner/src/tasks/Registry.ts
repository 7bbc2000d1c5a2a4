/** Task type → task. A type without an entry does not compile; a stored type without one fails its plan. */
import * as Option from "effect/Option"
import type { Task } from "./Task.ts"

/** Total over `Type`: the plans of a kind name their types, and each must be here. */
export type Registry<Type extends string, Seen, R> = { readonly [T in Type]: Task<Seen, R> }

/** The task of a stored type; `None` for one that nobody here performs. */
export const lookup = <Seen, R>(registry: Registry<string, Seen, R>, type: string): Option.Option<Task<Seen, R>> =>
  Object.hasOwn(registry, type) ? Option.fromUndefinedOr(registry[type]) : Option.none()
