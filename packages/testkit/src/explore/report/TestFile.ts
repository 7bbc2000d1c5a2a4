/** Writes a failed run as a test file, to keep as a regression test. */

import * as TestCluster from "../../harness/TestCluster.ts"
import type { Failure } from "../Simulation.ts"

export interface Options {
  readonly failure: Failure
  /** The module that exports the simulation, as the test file imports it: `./backup.simulation.ts`. */
  readonly from: string
  /** The name of the export. Default: `simulation`. */
  readonly name?: string
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u
const WIDTH = 120

/**
 * The text of a vitest file that runs the smallest schedule, which it contains as data, and fails with the timeline
 * while the run has findings. The name of the test has the seed and the first finding.
 */
export const testFile = ({ failure, from, name = "simulation" }: Options): string => {
  const { seed, smallest } = failure
  const [first] = smallest.findings
  const title = `seed ${seed}${first === undefined ? "" : `: ${TestCluster.describeFinding(first)}`}`
  return `/** The smallest schedule that fails like seed ${seed}. */
import { Simulator } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import { assert, it } from "vitest"
import ${importClause(name)} from ${JSON.stringify(from)}

const schedule: Simulator.Schedule = ${literal(smallest.schedule, "", "const schedule: Simulator.Schedule = ".length)}

it(${JSON.stringify(title)}, async () => {
  const run = await Effect.runPromise(Simulator.run(simulation, schedule))
  assert.isEmpty(run.findings, Simulator.text(run))
})
`
}

/** Imports the simulation under the name `simulation`, whatever the export is called. */
const importClause = (name: string): string => {
  if (name === "default") return "simulation"
  if (name === "simulation") return "{ simulation }"
  return `{ ${IDENTIFIER.test(name) ? name : JSON.stringify(name)} as simulation }`
}

/** A value as a TypeScript literal: on one line where it fits, with quoted property names only where needed. */
const literal = (value: unknown, indent: string, used: number): string => {
  const line = onOneLine(value)
  if (indent.length + used + line.length <= WIDTH || typeof value !== "object" || value === null) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${inner}${literal(item, inner, 1)}`)
    return `[\n${items.join(",\n")}\n${indent}]`
  }
  const fields = fieldsOf(value).map(([name, field]) => {
    const head = `${propertyName(name)}: `
    return `${inner}${head}${literal(field, inner, head.length + 1)}`
  })
  return `{\n${fields.join(",\n")}\n${indent}}`
}

const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const fields = fieldsOf(value).map(([name, field]) => `${propertyName(name)}: ${onOneLine(field)}`)
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
}

const fieldsOf = (value: object): ReadonlyArray<[string, unknown]> =>
  Object.entries(value).filter(([, field]) => field !== undefined)

const propertyName = (name: string): string => {
  if (name === "__proto__") return `["__proto__"]`
  return IDENTIFIER.test(name) ? name : JSON.stringify(name)
}
