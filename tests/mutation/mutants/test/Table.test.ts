import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { filesFor, root } from "../levels.ts"
import { mutants } from "../mutants.ts"
import * as Table from "../Table.ts"

const page = () => readFileSync(`${root}docs/INVARIANTS.md`, "utf8")

describe("every mutant", () => {
  it("has a search text that occurs exactly once in its file", () => {
    const misplaced = mutants.filter(
      ({ file, search }) => readFileSync(`${root}${file}`, "utf8").split(search).length !== 2
    )
    expect(misplaced.map(({ id }) => id)).toEqual([])
  })

  it("has a unique id, and test files that may catch it", () => {
    const ids = mutants.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    expect(mutants.filter((mutant) => filesFor(mutant).length === 0).map(({ id }) => id)).toEqual([])
  })

  it("was caught, and docs/INVARIANTS.md says at which level (node tests/mutation/mutants/run.ts --write)", () => {
    const caught = Table.results()
    expect(mutants.filter(({ id }) => caught[id] === undefined).map(({ id }) => id)).toEqual([])
    expect(Object.keys(caught).filter((id) => mutants.every((mutant) => mutant.id !== id))).toEqual([])
    expect(Table.page()).toBe(page())
  })
})

describe("every invariant of docs/INVARIANTS.md", () => {
  it("has a mutant that breaks it", () => {
    const invariants = [...page().matchAll(/^\| (INV-\d+) \|/gmu)].map(([_, invariant]) => invariant)
    expect(invariants.length).toBeGreaterThan(0)
    expect(invariants.filter((invariant) => mutants.every(({ by }) => by !== invariant))).toEqual([])
  })
})
