/** The sources that are mutated, each folder with the tests that must kill its mutants. Paths are from the root. */
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../..", import.meta.url))

export interface Project {
  readonly name: string
  /** The folder whose sources are mutated. */
  readonly folder: string
  /** Patterns of files in the folder that are not mutated, because they have no logic. */
  readonly except?: ReadonlyArray<string>
  /** Patterns of test files. */
  readonly tests: ReadonlyArray<string>
  /** Patterns of slower test files, which run only for the mutants that survive `tests`. */
  readonly slowTests?: ReadonlyArray<string>
  /** Which tests both are. */
  readonly testedBy: string
  /** The percentage of mutants that must be killed. */
  readonly minimum: number
}

const scenarios = (names: string) => `tests/scenarios/test/{${names}}.test.ts`

const SEI = {
  tests: ["packages/sei/test/**/*.test.ts"],
  slowTests: [
    scenarios("Admission,Bootstrap,Deletion,EveryPath,Golden,ImportedVolume,Keys,Lifecycle,Modes,NotOwned,Pause"),
    scenarios("Peers,PlanCreation,Plans,Preconditions,Sidecar,StateSync,Supersede,Update,Watches")
  ],
  testedBy: "sei's own, and scenarios of whole nodes in memory"
}

export const projects: ReadonlyArray<Project> = [
  {
    name: "planner",
    folder: "packages/planner/src",
    except: ["index.ts", "testing/*.ts"],
    tests: ["packages/planner/test/**/*.test.ts", "packages/testkit/test/ToyKind.test.ts"],
    testedBy: "planner's own, and those of testkit that run the toy kind",
    minimum: 90
  },
  { name: "sei-plan", folder: "packages/sei/src/node/plan", ...SEI, minimum: 85 },
  { name: "sei-reconcile", folder: "packages/sei/src/node/reconcile", ...SEI, minimum: 85 },
  { name: "sei-tasks", folder: "packages/sei/src/node/tasks", ...SEI, minimum: 85 },
  {
    name: "k8s-adapter",
    folder: "packages/k8s-adapter/src",
    except: ["index.ts", "client/KubeConfigClass.ts"],
    tests: ["packages/k8s-adapter/test/**/*.test.ts"],
    slowTests: ["tests/cluster/test/Conformance.test.ts"],
    testedBy: "k8s-adapter's own, and the conformance suites over HTTP",
    minimum: 85
  },
  {
    name: "controller",
    folder: "apps/controller/src",
    except: ["main.ts"],
    tests: [
      "apps/controller/test/{AppConfig,Cli,Health,LivePeerDiscovery,SyncerFile}.test.ts",
      "apps/controller/test/{aws,kinds,sidecar}/*.test.ts"
    ],
    // Without those that start the process as a child, where no mutant is active.
    slowTests: ["apps/controller/test/{Composition,Run,Wiring}.test.ts"],
    testedBy: "the controller's own, which run the process over HTTP",
    minimum: 85
  }
]

/** The project of a command line. Throws when there is none of this name. */
export const named = (name: string | undefined): Project => {
  const found = projects.find((project) => project.name === name)
  if (found !== undefined) return found
  throw new Error(`name one of the projects ${projects.map((project) => project.name).join(", ")}`)
}

/** Stryker's report. */
export const report = ({ name }: Project): string => `reports/mutation-${name}.json`
/** The judgements of survivors. */
export const judgements = ({ name }: Project): string => `tests/mutation/generated/judgements/${name}.json`
export const document = ({ name }: Project): string => `docs/mutation/${name}.md`
