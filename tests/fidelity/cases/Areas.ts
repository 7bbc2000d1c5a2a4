/**
 * Every area with its number of scenarios. The seed of a scenario is its name, so that other scenarios can be added or
 * removed without changing it.
 */

import * as Http from "./Http.ts"
import * as Lifecycles from "./Lifecycles.ts"
import * as Ownership from "./Ownership.ts"
import * as Reads from "./Reads.ts"
import type { Scenario } from "./Scenario.ts"
import * as Schemas from "./Schemas.ts"
import { Script } from "./Script.ts"
import * as SeededRandom from "./SeededRandom.ts"
import * as Strategic from "./Strategic.ts"
import * as Writes from "./Writes.ts"

const areas: { readonly [area: string]: readonly [write: Writes.Write, scenarios: number] } = {
  create: [Writes.create, 26],
  "generate name": [Writes.generateName, 10],
  update: [Writes.update, 20],
  "json patch": [Writes.jsonPatch, 20],
  "merge patch": [Writes.mergePatch, 20],
  "strategic patch of workloads": [Strategic.workloads, 12],
  "strategic patch of metadata": [Strategic.metadata, 12],
  "strategic patch of services": [Strategic.services, 6],
  "apply ownership": [Ownership.managers, 20],
  "apply lists": [Ownership.lists, 16],
  "apply refusals": [Ownership.rejections, 14],
  "apply and update": [Ownership.mixed, 14],
  "apply again": [Ownership.recreated, 8],
  "status subresource": [Lifecycles.status, 16],
  "status paths": [Lifecycles.statusPaths, 10],
  generations: [Lifecycles.generations, 14],
  conflicts: [Lifecycles.conflicts, 14],
  finalizers: [Lifecycles.finalizers, 16],
  delete: [Lifecycles.deletes, 16],
  "delete collection": [Lifecycles.collections, 12],
  namespaces: [Lifecycles.namespaces, 8],
  lists: [Reads.lists, 14],
  "label selectors": [Reads.labels, 14],
  "field selectors": [Reads.fields, 14],
  "watch order": [Reads.watches, 14],
  "watch starts": [Reads.watchStarts, 12],
  "crd defaults": [Schemas.defaults, 16],
  pruning: [Schemas.pruning, 14],
  cel: [Schemas.cel, 14],
  "crd mistakes": [Schemas.mistakes, 14],
  definitions: [Schemas.definitions, 10],
  "dry run": [Schemas.dryRun, 14],
  "field validation": [Schemas.fieldValidation, 14],
  "bad bodies": [Http.badBodies, 12],
  "content types": [Http.contentTypes, 12],
  forms: [Http.representations, 10],
  paths: [Http.paths, 8],
  parameters: [Http.parameters, 12]
}

/** All scenarios, in order. The same on every machine. */
export const scenarios = (): ReadonlyArray<Scenario> =>
  Object.entries(areas).flatMap(([area, [write, count]]) =>
    Array.from({ length: count }, (_, index) => {
      const script = new Script(area, index)
      write(script, SeededRandom.make(script.name))
      return script.scenario()
    })
  )
