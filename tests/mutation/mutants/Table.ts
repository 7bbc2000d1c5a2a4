/** The table of mutants in `docs/INVARIANTS.md`, with the test level that caught each. `node Table.ts` writes it. */
import { readFileSync, writeFileSync } from "node:fs"
import { levelOf, levels, packageOf, root } from "./levels.ts"
import { kinds, rules, type Seed, shapes } from "./Mutant.ts"
import { mutants } from "./mutants.ts"

const RESULTS = `${root}tests/mutation/mutants/results.json`
const PAGE = `${root}docs/INVARIANTS.md`
const BEGIN = "<!-- begin: written by tests/mutation/mutants/Table.ts -->"
const END = "<!-- end -->"

/** The test that caught a mutant in the last run. No test of a lower level did. */
interface Caught {
  readonly file: string
  readonly name: string
  /** The first line of what the test said. */
  readonly words: string
}

/** By the id of the mutant. */
export interface Results {
  readonly [id: string]: Caught | undefined
}

export const results = (): Results => JSON.parse(readFileSync(RESULTS, "utf8"))

/** Stores new results, drops those of removed mutants, and rewrites the tables. */
export const save = (caught: Results): void => {
  const all = { ...results(), ...caught }
  const current = mutants.flatMap(({ id }) => (all[id] === undefined ? [] : [[id, all[id]]]))
  writeFileSync(RESULTS, `${JSON.stringify(Object.fromEntries(current), null, 2)}\n`)
  writeFileSync(PAGE, page())
}

/** The page with an up-to-date table. */
export const page = (): string => {
  const text = readFileSync(PAGE, "utf8")
  return `${text.slice(0, text.indexOf(BEGIN))}${BEGIN}\n\n${section()}\n\n${text.slice(text.indexOf(END))}`
}

const section = (): string => {
  const caught = results()
  const level = (id: string) => (caught[id] === undefined ? "none" : levelOf(caught[id].file))
  const perLevel = levels.map((name) => `${mutants.filter(({ id }) => level(id) === name).length} ${name}`)
  return [
    `${mutants.length} mutants, by the lowest test level that catches them: ${perLevel.join(", ")}.`,
    table(["kind", "a mutant of this kind"], Object.entries(kinds)),
    table(
      ["mutant", "what it does", "kind", "package", "caught by", "test level"],
      mutants.map(({ by, file, id, kind, story }) => [id, story, kind, packageOf({ file }), by, level(id)])
    ),
    "### The three rules in every shape",
    "Each rule is broken in five shapes. What a task, an observation or a cleanup writes does not compile either.",
    ...rules.flatMap(({ invariant, rule }) => [`**${invariant}**: ${rule}.`, seedTable(invariant, caught)])
  ].join("\n\n")
}

/** What fails, and with which words, for each shape of a mutant that breaks a rule. */
const seedTable = (rule: Seed["rule"], caught: Results): string =>
  table(
    ["shape", "in", "mutant", "the test that fails", "its words"],
    shapes.flatMap((shape) =>
      mutants
        .filter(({ seed }) => seed?.rule === rule && seed.shape === shape)
        .map(({ id, seed }) => {
          const { name = "", words = "" } = caught[id] ?? {}
          return [shape, seed?.place ?? "", id, name, words].map((cell) => cell.replaceAll("|", "\\|"))
        })
    )
  )

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

if (import.meta.main) save({})
