import { posix } from "node:path"
import { assert, describe, it } from "vitest"
import { files, imports, type Source } from "../sources.ts"

/** The packages that each package may import, besides itself. */
const ALLOWED: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/planner": [],
  "packages/k8s-adapter": ["planner"],
  "packages/cluster-emulator": [],
  "packages/testkit": ["planner", "cluster-emulator"],
  "packages/sei": ["planner"],
  "apps/controller/src": ["planner", "sei", "k8s-adapter"],
  "apps/controller/demo": ["planner", "sei", "k8s-adapter", "testkit", "cluster-emulator"],
  "apps/cli": ["planner", "sei", "k8s-adapter", "cluster-emulator"],
  "examples/20-your-own-kind/src": ["planner", "k8s-adapter"],
  "examples/20-your-own-kind/test": ["planner", "k8s-adapter", "testkit"]
}

/** The folders of a package, lowest first. A file may import its own folder and those before it. */
const LAYERS: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/planner/src": ["model", "plan", "services", "tasks", "executor", "reconcile"],
  "packages/sei/src": ["shared", "node"],
  "packages/sei/src/node": ["kinds", "resources", "plan", "tasks", "reconcile"]
}

/** Folders that decide: they import data modules of Effect only. */
const PURE = [
  "packages/planner/src/model",
  "packages/planner/src/plan",
  "packages/sei/src/node/kinds",
  "packages/sei/src/node/resources",
  "packages/sei/src/node/plan"
]
const DATA =
  /^effect\/(?:Array|Data|DateTime|Duration|Function|Match|Option|Order|Predicate|Record|Result|Schema|SchemaAST|Struct)$/u

/** Folders whose files must not import each other in a cycle. */
const SOURCES = [
  ...["planner", "k8s-adapter", "cluster-emulator", "testkit", "sei"].map((name) => `packages/${name}/src`),
  "apps/controller",
  "apps/cli/src",
  "examples/20-your-own-kind/src",
  "tests/scenarios"
]

/** Import cycles, one per file that closes one, as `a.ts → b.ts → a.ts`. */
const cycles = (sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      imports(source)
        .filter(({ from }) => from.startsWith("."))
        .map(({ from }) => posix.join(posix.dirname(source.path), from))
    ])
  )
  const found: Array<string> = []
  const done = new Set<string>()
  const visit = (path: string, trail: ReadonlyArray<string>): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" → "))
      return
    }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

const packageImports = (folder: string, allowed: ReadonlyArray<string>, sources: ReadonlyArray<Source>) =>
  sources.flatMap((source) =>
    imports(source).flatMap(({ from, line }) => {
      const name = /^@portolan\/([^/]+)/u.exec(from)?.[1]
      const isOwn = name !== undefined && folder.endsWith(name)
      return name === undefined || isOwn || allowed.includes(name) ? [] : [`${source.path}:${line}: ${from}`]
    })
  )

const layerImports = (folder: string, layers: ReadonlyArray<string>, sources: ReadonlyArray<Source>) =>
  sources.flatMap((source) => {
    const own = layers.indexOf(source.path.slice(folder.length + 1).split("/")[0] ?? "")
    return imports(source).flatMap(({ from, line }) => {
      const other = layers.indexOf(/^\.\.\/([^/]+)\//u.exec(from)?.[1] ?? "")
      return own >= 0 && other > own ? [`${source.path}:${line}: ${from}`] : []
    })
  })

const pureImports = (sources: ReadonlyArray<Source>) =>
  sources.flatMap((source) =>
    imports(source).flatMap(({ from, line }) =>
      from.startsWith("effect/") && !DATA.test(from) ? [`${source.path}:${line}: ${from}`] : []
    )
  )

describe("imports", () => {
  it.each(Object.entries(ALLOWED))("of %s go down", (folder, allowed) => {
    assert.deepStrictEqual(packageImports(folder, allowed, files(folder, ".ts")), [])
  })

  it.each(Object.entries(LAYERS))("between the layers of %s go down", (folder, layers) => {
    assert.deepStrictEqual(layerImports(folder, layers, files(folder, ".ts")), [])
  })

  it("of the pure layers are data modules only", () => {
    assert.deepStrictEqual(pureImports(PURE.flatMap((folder) => files(folder, ".ts"))), [])
  })

  it("are never of a whole library's index", () => {
    const all = ["packages", "apps", "examples", "tests"].flatMap((folder) => files(folder, ".ts"))
    const found = all.flatMap((source) =>
      imports(source).flatMap(({ from, line }) =>
        from === "effect" || from === "@effect/platform-node" ? [`${source.path}:${line}: ${from}`] : []
      )
    )
    assert.deepStrictEqual(found, [])
  })

  it.each(SOURCES)("of %s have no cycle, type-only ones included", (folder) => {
    assert.deepStrictEqual(cycles(files(folder, ".ts")), [])
  })

  it("in a cycle would be found", () => {
    const source = (path: string, to: string): Source => ({ path, text: `import type { x } from "./${to}.ts"\n` })
    const found = cycles([source("a/b.ts", "c"), source("a/c.ts", "d"), source("a/d.ts", "b"), source("a/e.ts", "b")])
    assert.deepStrictEqual(found, ["a/b.ts → a/c.ts → a/d.ts → a/b.ts"])
  })

  it("that go up would be found", () => {
    const source = (path: string, text: string): Source => ({ path, text })
    const up = source("packages/planner/src/model/X.ts", 'import { a } from "../plan/Plan.ts"\n')
    assert.lengthOf(layerImports("packages/planner/src", LAYERS["packages/planner/src"] ?? [], [up]), 1)
    const sideways = source("packages/sei/src/X.ts", 'import type {\n  a\n} from "@portolan/testkit"\n')
    assert.deepStrictEqual(packageImports("packages/sei", ["planner"], [sideways]), [
      "packages/sei/src/X.ts:1: @portolan/testkit"
    ])
    assert.lengthOf(pureImports([source("x", 'import * as Effect from "effect/Effect"\n')]), 1)
  })
})
