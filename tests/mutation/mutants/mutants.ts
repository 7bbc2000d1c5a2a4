/** All mutants. A test must catch each of them. */

import { adapter } from "./list/adapter.ts"
import { app } from "./list/app.ts"
import { composition } from "./list/composition.ts"
import { credentials } from "./list/credentials.ts"
import { ownership } from "./list/owned.ts"
import { plannerPlan } from "./list/planner-plan.ts"
import { plannerReconcile } from "./list/planner-reconcile.ts"
import { refusals } from "./list/refusals.ts"
import { seed } from "./list/seed.ts"
import { sei } from "./list/sei.ts"
import { watching } from "./list/watches.ts"
import type { Mutant } from "./Mutant.ts"

export const mutants: ReadonlyArray<Mutant> = [
  ...plannerReconcile,
  ...plannerPlan,
  ...sei,
  ...adapter,
  ...refusals,
  ...seed,
  ...watching,
  ...ownership,
  ...app,
  ...composition,
  ...credentials
]
