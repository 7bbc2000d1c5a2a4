/** Which tests stand on which rung of the ladder, and whose code they run. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Mutant } from "./Mutant.ts"

export const root = fileURLToPath(new URL("../../..", import.meta.url))

/** From the least power to the most. */
export const rungs = ["pure", "mocked layer", "in-memory world", "crash sweep", "weather"] as const
export type Rung = (typeof rungs)[number]

interface Place {
  /** Test files by their path; the first place that fits is a file's. */
  readonly files: RegExp
  /** Packages whose code runs there. */
  readonly runs: ReadonlyArray<string>
  /** `undefined` where it depends on the file: tests of a package are pure unless they run an effect. */
  readonly rung: Rung | undefined
}

const places: ReadonlyArray<Place> = [
  { files: /^packages\/planner\//u, runs: ["planner"], rung: undefined },
  { files: /^packages\/sei\//u, runs: ["planner", "sei"], rung: undefined },
  { files: /^packages\/k8s-adapter\//u, runs: ["planner", "k8s-adapter"], rung: undefined },
  { files: /^tests\/cluster\/test\/Conformance/u, runs: ["k8s-adapter"], rung: "in-memory world" },
  { files: /HttpFaults/u, runs: ["k8s-adapter"], rung: "in-memory world" },
  { files: /Weather/u, runs: ["planner", "sei"], rung: "weather" },
  { files: /(?:Faults|CrashSweep|Race)\.test/u, runs: ["planner", "sei"], rung: "crash sweep" },
  { files: /^tests\/scenarios\//u, runs: ["planner", "sei"], rung: "in-memory world" }
]

const folders = ["packages/planner", "packages/sei", "packages/k8s-adapter", "tests/scenarios", "tests/cluster"]

const placeOf = (file: string): Place | undefined => places.find(({ files }) => files.test(file))

const tests = new Map(
  folders
    .flatMap((folder) => readdirSync(`${root}${folder}/test`).map((name) => `${folder}/test/${name}`))
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => [path, readFileSync(`${root}${path}`, "utf8")] as const)
)

/** The rung that a test file stands on. */
export const rungOf = (file: string): Rung => {
  const runsEffects = /\bit\.(?:effect|live)\b/u.test(tests.get(file) ?? "")
  return placeOf(file)?.rung ?? (runsEffects ? "mocked layer" : "pure")
}

/** `sei` of `packages/sei/src/node/plan/Drift.ts`. */
export const packageOf = ({ file }: Pick<Mutant, "file">): string => file.split("/")[1] ?? ""

/** The test files that run the mutant's code and speak of who has to notice. */
export const filesFor = (mutant: Pick<Mutant, "file" | "by">): ReadonlyArray<string> => {
  const [first = ""] = mutant.by.toLowerCase().split(/[: ]/u)
  const canNotice = ([path, text]: readonly [string, string]) =>
    placeOf(path)?.runs.includes(packageOf(mutant)) === true && text.toLowerCase().includes(first)
  return [...tests].filter(canNotice).map(([path]) => path)
}

/** An order of test files: by rung, then the one that is known to notice, then by name. */
export const byRung =
  (known: string | undefined) =>
  (left: string, right: string): number =>
    rungs.indexOf(rungOf(left)) - rungs.indexOf(rungOf(right)) ||
    Number(right === known) - Number(left === known) ||
    (left < right ? -1 : 1)
