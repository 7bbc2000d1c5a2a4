/** The mutants and where they were caught, as a table in `docs/INVARIANTS.md`. `node Table.ts` writes it. */
import { readFileSync, writeFileSync } from "node:fs"
import { kinds } from "./Mutant.ts"
import { mutants } from "./mutants.ts"
import { packageOf, root, rungOf, rungs } from "./rungs.ts"

const RESULTS = `${root}tests/mutation/mutants/results.json`
const PAGE = `${root}docs/INVARIANTS.md`
const BEGIN = "<!-- begin: written by tests/mutation/mutants/Table.ts -->"
const END = "<!-- end -->"

/** By id: the test file that caught it when it was run last; on no lower rung did any. */
export interface Results {
  readonly [id: string]: string | undefined
}

export const results = (): Results => JSON.parse(readFileSync(RESULTS, "utf8"))

/** Keeps what was found of some mutants, forgets those that are no more, and brings the page up to date. */
export const keep = (found: Results): void => {
  const all = { ...results(), ...found }
  const known = mutants.flatMap(({ id }) => (all[id] === undefined ? [] : [[id, all[id]]]))
  writeFileSync(RESULTS, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`)
  writeFileSync(PAGE, page())
}

/** The page as it should be. */
export const page = (): string => {
  const text = readFileSync(PAGE, "utf8")
  return `${text.slice(0, text.indexOf(BEGIN))}${BEGIN}\n\n${section()}\n\n${text.slice(text.indexOf(END))}`
}

const section = (): string => {
  const found = results()
  const rung = (id: string) => (found[id] === undefined ? "none" : rungOf(found[id]))
  const perRung = rungs.map((each) => `${mutants.filter(({ id }) => rung(id) === each).length} ${each}`)
  return [
    `${mutants.length} mistakes; caught at the lowest on these rungs: ${perRung.join(", ")}.`,
    table(
      ["kind", "is one that"],
      Object.entries(kinds).map(([kind, meaning]) => [kind, meaning])
    ),
    table(
      ["mutant", "what somebody might have meant", "kind", "package", "caught by", "rung"],
      mutants.map(({ by, file, id, kind, story }) => [id, story, kind, packageOf({ file }), by, rung(id)])
    )
  ].join("\n\n")
}

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

if (import.meta.main) keep({})
