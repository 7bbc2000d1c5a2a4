/** Which tests stand on which rung of the ladder, and whose code they run. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Mutant } from "./Mutant.ts"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** From the least power to the most. */
export const rungs = ["pure", "mocked layer", "in-memory world", "crash sweep", "weather"] as const
export type Rung = (typeof rungs)[number]

interface Place {
  readonly rung: Rung
  /** Test files by their path; the first place that fits is a file's. */
  readonly files: RegExp
  /** Packages whose code runs there. */
  readonly runs: ReadonlyArray<string>
}

const places: ReadonlyArray<Place> = [
  { rung: "pure", files: /^packages\/planner\//u, runs: ["planner"] },
  { rung: "mocked layer", files: /^packages\/sei\/test\/Rollout/u, runs: ["planner", "sei"] },
  { rung: "pure", files: /^packages\/sei\//u, runs: ["planner", "sei"] },
  { rung: "pure", files: /^packages\/k8s-adapter\/test\/Shelf/u, runs: ["planner", "k8s-adapter"] },
  { rung: "mocked layer", files: /^packages\/k8s-adapter\//u, runs: ["planner", "k8s-adapter"] },
  { rung: "weather", files: /Weather/u, runs: ["planner", "sei"] },
  { rung: "crash sweep", files: /(?:Faults|CrashSweep|Race)\.test/u, runs: ["planner", "sei"] },
  { rung: "in-memory world", files: /^tests\/scenarios\//u, runs: ["planner", "sei"] },
  { rung: "in-memory world", files: /^tests\/cluster\/test\/Conformance/u, runs: ["k8s-adapter"] }
]

const folders = ["packages/planner", "packages/sei", "packages/k8s-adapter", "tests/scenarios", "tests/cluster"]

const placeOf = (file: string): Place | undefined => places.find(({ files }) => files.test(file))

export const rungOf = (file: string): Rung => placeOf(file)?.rung ?? "weather"

/** `sei` of `packages/sei/src/plan/Drift.ts`. */
export const packageOf = ({ file }: Pick<Mutant, "file">): string => file.split("/")[1] ?? ""

const tests = folders.flatMap((folder) =>
  readdirSync(`${root}${folder}/test`)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/test/${name}`)
    .map((path) => ({ path, text: readFileSync(`${root}${path}`, "utf8") }))
)

/** The test files that run the mutant's code and speak of who has to notice, lowest rung first. */
export const filesFor = (mutant: Pick<Mutant, "file" | "by">): ReadonlyArray<string> => {
  const [word = ""] = mutant.by.split(/[: ]/u)
  return tests
    .filter(({ path, text }) => placeOf(path)?.runs.includes(packageOf(mutant)) === true && text.includes(word))
    .map(({ path }) => path)
    .toSorted(byRung)
}

/** An order of test files: by rung, then by name. */
export const byRung = (left: string, right: string): number =>
  rungs.indexOf(rungOf(left)) - rungs.indexOf(rungOf(right)) || (left < right ? -1 : 1)
