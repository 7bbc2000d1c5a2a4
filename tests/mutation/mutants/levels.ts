/** The test level of each test file, and the packages whose code it runs. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Mutant } from "./Mutant.ts"

export const root = fileURLToPath(new URL("../../..", import.meta.url))

/** From the least power to the most. */
export const levels = ["pure", "mocked layer", "in-memory cluster", "crash sweep", "chaos"] as const
export type Level = (typeof levels)[number]

interface TestFiles {
  /** Matches the path of a test file. The first entry that matches counts. */
  readonly files: RegExp
  /** Packages whose code these tests run. */
  readonly runs: ReadonlyArray<string>
  /** `undefined` where it depends on the file: a package's tests are pure unless they run an effect. */
  readonly level: Level | undefined
}

const testFiles: ReadonlyArray<TestFiles> = [
  { files: /^packages\/planner\//u, runs: ["planner"], level: undefined },
  { files: /^packages\/sei\//u, runs: ["planner", "sei"], level: undefined },
  { files: /^packages\/k8s-adapter\//u, runs: ["planner", "k8s-adapter"], level: undefined },
  {
    files: /^apps\/controller\/test\/(?:Composition|Demo|Run|Shutdown|Wiring)/u,
    runs: ["k8s-adapter", "controller"],
    level: "in-memory cluster"
  },
  { files: /^apps\/controller\//u, runs: ["controller"], level: undefined },
  { files: /^tests\/cluster\/test\/Conformance/u, runs: ["k8s-adapter"], level: "in-memory cluster" },
  { files: /^packages\/testkit\/test\/Owned/u, runs: ["planner"], level: "in-memory cluster" },
  { files: /HttpFaults/u, runs: ["k8s-adapter"], level: "in-memory cluster" },
  { files: /Chaos/u, runs: ["planner", "sei"], level: "chaos" },
  { files: /(?:Faults|CrashSweep|Race)\.test/u, runs: ["planner", "sei"], level: "crash sweep" },
  { files: /^tests\/scenarios\//u, runs: ["planner", "sei"], level: "in-memory cluster" }
]

const folders = [
  "packages/planner",
  "packages/sei",
  "packages/k8s-adapter",
  "apps/controller",
  "packages/testkit",
  "tests/scenarios",
  "tests/cluster"
]

const entryOf = (file: string): TestFiles | undefined => testFiles.find(({ files }) => files.test(file))

const contents = new Map(
  folders
    .flatMap((folder) =>
      readdirSync(`${root}${folder}/test`, { encoding: "utf8", recursive: true }).map(
        (name) => `${folder}/test/${name}`
      )
    )
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => [path, readFileSync(`${root}${path}`, "utf8")] as const)
)

/** The level of a test file. */
export const levelOf = (file: string): Level => {
  const runsEffects = /\bit\.(?:effect|live)\b/u.test(contents.get(file) ?? "")
  return entryOf(file)?.level ?? (runsEffects ? "mocked layer" : "pure")
}

/** `sei` for `packages/sei/src/node/plan/Drift.ts`, `controller` for `apps/controller/src/Run.ts`. */
export const packageOf = ({ file }: Pick<Mutant, "file">): string => file.split("/")[1] ?? ""

/** The test files that run the mutant's code and contain the name of the tests that must catch it. */
export const filesFor = (mutant: Pick<Mutant, "file" | "by">): ReadonlyArray<string> => {
  const [first = ""] = mutant.by.toLowerCase().split(/[: ]/u)
  // A file that has a test for every invariant takes their names from the list.
  const isNamedIn = (text: string) =>
    text.toLowerCase().includes(first) || (first.startsWith("inv-") && text.includes("of Invariants.invariants"))
  const mayCatch = ([path, text]: readonly [string, string]) =>
    entryOf(path)?.runs.includes(packageOf(mutant)) === true && isNamedIn(text)
  return [...contents].filter(mayCatch).map(([path]) => path)
}

/** Orders test files by level, then the file that caught the mutant before, then by name. */
export const byLevel =
  (caughtBefore: string | undefined) =>
  (left: string, right: string): number =>
    levels.indexOf(levelOf(left)) - levels.indexOf(levelOf(right)) ||
    Number(right === caughtBefore) - Number(left === caughtBefore) ||
    (left < right ? -1 : 1)
