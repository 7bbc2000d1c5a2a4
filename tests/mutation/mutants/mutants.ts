/** All mutants. A test must catch each of them. */

import { adapter } from "./list/adapter.ts"
import { planner } from "./list/planner.ts"
import { sei } from "./list/sei.ts"
import type { Mutant } from "./Mutant.ts"

export const mutants: ReadonlyArray<Mutant> = [...planner, ...sei, ...adapter]
