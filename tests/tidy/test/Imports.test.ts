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
  "packages/planner/src": ["model", "plan", "services", "watch", "tasks", "executor", "reconcile"],
  "packages/k8s-adapter/src": ["client", "cache", "services", "controller"],
  "packages/cluster-emulator/src": ["apiserver", "controllers", "http"],
  "packages/testkit/src": ["services", "faults", "invariants", "harness", "explore", "audit", "bin"],
  "packages/sei/src": ["shared", "node"],
  "packages/sei/src/node": ["kinds", "resources", "plan", "tasks", "reconcile"]
}

/** Folders of pure modules, which import data modules of Effect only. */
const PURE = [
  "packages/planner/src/model",
  "packages/planner/src/plan",
  "packages/planner/src/watch",
  "packages/sei/src/node/kinds",
  "packages/sei/src/node/resources",
  "packages/sei/src/node/plan"
]
const DATA =
  /^effect\/(?:Array|Data|DateTime|Duration|Function|Match|Option|Order|Predicate|Record|Result|Schema|SchemaAST|Struct)$/u

/** Folders that are checked for import cycles. */
const SOURCES = [
  ...["planner", "k8s-adapter", "cluster-emulator", "testkit", "sei"].map((name) => `packages/${name}/src`),
  "apps/controller",
  "apps/cli/src",
  "examples/20-your-own-kind/src",
  "tests/scenarios"
]

/** The import cycles, each as `a.ts → b.ts → a.ts`. */
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
  const visited = new Set<string>()
  const visit = (path: string, importers: ReadonlyArray<string>): void => {
    if (importers.includes(path)) {
      found.push([...importers.slice(importers.indexOf(path)), path].join(" → "))
      return
    }
    if (visited.has(path)) return
    for (const imported of graph.get(path) ?? []) visit(imported, [...importers, path])
    visited.add(path)
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

const layerImports = (folder: string, layers: ReadonlyArray<string>, sources: ReadonlyArray<Source>) => {
  const layerOf = (path: string) =>
    path.startsWith(`${folder}/`) ? layers.indexOf(path.slice(folder.length + 1).split("/")[0] ?? "") : -1
  return sources.flatMap((source) =>
    imports(source).flatMap(({ from, line }) => {
      const own = layerOf(source.path)
      const imported = from.startsWith(".") ? layerOf(posix.join(posix.dirname(source.path), from)) : -1
      return own >= 0 && imported > own ? [`${source.path}:${line}: ${from}`] : []
    })
  )
}

/** What a checker may ask of the code that it checks: nothing but types, and the metadata of objects. */
const checkerImports = (sources: ReadonlyArray<Source>) =>
  sources.flatMap(({ path, text }) =>
    [...text.matchAll(/^import (type )?(\{[^}]*\}|\* as \w+) from "@portolan\/planner"/gmu)].flatMap(
      ([, isType, names = ""]) =>
        isType !== undefined
          ? []
          : names
              .replace(/[{}]/gu, "")
              .split(",")
              .map((name) => name.trim())
              .filter((name) => name !== "" && name !== "ObjectMeta" && !name.startsWith("type "))
              .map((name) => `${path}: ${name}`)
    )
  )

const pureImports = (sources: ReadonlyArray<Source>) =>
  sources.flatMap((source) =>
    imports(source).flatMap(({ from, line }) =>
      from.startsWith("effect/") && !DATA.test(from) ? [`${source.path}:${line}: ${from}`] : []
    )
  )

describe("imports", () => {
  it.each(Object.entries(ALLOWED))("of %s are of lower packages only", (folder, allowed) => {
    assert.deepStrictEqual(packageImports(folder, allowed, files(folder, ".ts")), [])
  })

  it.each(Object.entries(LAYERS))("between the folders of %s are of lower folders only", (folder, layers) => {
    assert.deepStrictEqual(layerImports(folder, layers, files(folder, ".ts")), [])
  })

  it("of pure modules are data modules of Effect only", () => {
    assert.deepStrictEqual(pureImports(PURE.flatMap((folder) => files(folder, ".ts"))), [])
  })

  it("of checkers are types and object metadata of planner, so that no checker asks planner what is right", () => {
    assert.deepStrictEqual(checkerImports(files("packages/testkit/src/invariants", ".ts")), [])
  })

  it("are of single modules of Effect, not of its index", () => {
    const all = ["packages", "apps", "examples", "tests"].flatMap((folder) => files(folder, ".ts"))
    const found = all.flatMap((source) =>
      imports(source).flatMap(({ from, line }) =>
        from === "effect" || from === "@effect/platform-node" ? [`${source.path}:${line}: ${from}`] : []
      )
    )
    assert.deepStrictEqual(found, [])
  })

  it.each(SOURCES)("of %s have no cycle, type-only imports included", (folder) => {
    assert.deepStrictEqual(cycles(files(folder, ".ts")), [])
  })

  it("in a cycle are found by the check", () => {
    const source = (path: string, to: string): Source => ({ path, text: `import type { x } from "./${to}.ts"\n` })
    const found = cycles([source("a/b.ts", "c"), source("a/c.ts", "d"), source("a/d.ts", "b"), source("a/e.ts", "b")])
    assert.deepStrictEqual(found, ["a/b.ts → a/c.ts → a/d.ts → a/b.ts"])
  })

  it("of higher layers are found by the checks", () => {
    const source = (path: string, text: string): Source => ({ path, text })
    const up = source("packages/planner/src/model/X.ts", 'import { a } from "../plan/Plan.ts"\n')
    const nested = source("packages/planner/src/model/deep/X.ts", 'import { a } from "../../plan/Plan.ts"\n')
    assert.lengthOf(layerImports("packages/planner/src", LAYERS["packages/planner/src"] ?? [], [up, nested]), 2)
    const sideways = source("packages/sei/src/X.ts", 'import type {\n  a\n} from "@portolan/testkit"\n')
    assert.deepStrictEqual(packageImports("packages/sei", ["planner"], [sideways]), [
      "packages/sei/src/X.ts:1: @portolan/testkit"
    ])
    const asking = source(
      "x",
      'import { ObjectMeta, Retry, type Plan } from "@portolan/planner"\nimport * as P from "@portolan/planner"\n'
    )
    assert.deepStrictEqual(checkerImports([asking]), ["x: Retry", "x: * as P"])
    assert.lengthOf(pureImports([source("x", 'import * as Effect from "effect/Effect"\n')]), 1)
  })
})
