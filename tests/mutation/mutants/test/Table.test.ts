import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { mutants } from "../mutants.ts"
import { filesFor, root } from "../rungs.ts"
import * as Table from "../Table.ts"

const page = () => readFileSync(`${root}docs/INVARIANTS.md`, "utf8")

describe("the planted mistakes", () => {
  it("each change a text that is in its file exactly once", () => {
    const misplaced = mutants.filter(
      ({ file, search }) => readFileSync(`${root}${file}`, "utf8").split(search).length !== 2
    )
    expect(misplaced.map(({ id }) => id)).toEqual([])
  })

  it("have one name each, and tests that may notice them", () => {
    const ids = mutants.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    expect(mutants.filter((mutant) => filesFor(mutant).length === 0).map(({ id }) => id)).toEqual([])
  })

  it("break every law that docs/INVARIANTS.md states", () => {
    const invariants = [...page().matchAll(/^\| (INV-\d+) \|/gmu)].map(([_, invariant]) => invariant)
    expect(invariants.length).toBeGreaterThan(0)
    expect(invariants.filter((invariant) => mutants.every(({ by }) => by !== invariant))).toEqual([])
  })

  it("were all caught, and docs/INVARIANTS.md says where (node tests/mutation/mutants/run.ts --write)", () => {
    const found = Table.results()
    expect(mutants.filter(({ id }) => found[id] === undefined).map(({ id }) => id)).toEqual([])
    expect(Object.keys(found).filter((id) => mutants.every((mutant) => mutant.id !== id))).toEqual([])
    expect(Table.page()).toBe(page())
  })
})
