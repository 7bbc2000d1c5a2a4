/** Planted mistakes: each is a change to the real code that somebody or something has to notice. */
import type { Mutant } from "./Mutant.ts"
import { adapter } from "./planted/adapter.ts"
import { planner } from "./planted/planner.ts"
import { sei } from "./planted/sei.ts"

export const mutants: ReadonlyArray<Mutant> = [...planner, ...sei, ...adapter]
