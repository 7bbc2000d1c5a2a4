import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"
import { files, lines, longBlocks, root, type Source, withoutStrings } from "../sources.ts"

const code = ["packages", "apps", "examples", "tests"].flatMap((folder) => files(folder, ".ts"))
const published = code.filter(({ path }) => /^packages\/[^/]+\/src\//u.test(path))
const texts = [...files("", ".md"), ...files("examples", ".yaml")]

const findLines = (sources: ReadonlyArray<Source>, pattern: RegExp, comments = false) =>
  sources.flatMap((source) => lines(source, pattern, { comments }))

describe("sizes", () => {
  it("no file has more than 400 lines", () => {
    const found = code.filter((source) => source.text.split("\n").length > 401)
    assert.deepStrictEqual(
      found.map(({ path }) => path),
      []
    )
  })

  it("no function has more than 70 lines", () => {
    assert.deepStrictEqual(
      code.filter(({ path }) => /\/src\//u.test(path)).flatMap((source) => longBlocks(source, 70)),
      []
    )
  })

  it("a function of 72 lines is found by the check", () => {
    const text = `const f = () => {\n${"  a()\n".repeat(70)}}\n`
    assert.deepStrictEqual(longBlocks({ path: "x.ts", text }, 70), ["x.ts:1: 72 lines"])
  })
})

describe("code", () => {
  it("of packages for any kind does not mention Sei", () => {
    const generic = code.filter(({ path }) => /^(?:packages\/(?:testkit|k8s-adapter)|examples)\//u.test(path))
    assert.deepStrictEqual(findLines(generic, /\b(?:validator|SeiNode|seid|sei\.io)\b/iu, true), [])
  })

  it("is in files with specific names", () => {
    assert.deepStrictEqual(
      code.filter(({ path }) => /\/(?:utils?|helpers?|common|misc|types)\.ts$/iu.test(path)),
      []
    )
  })

  it("has no type assertions", () => {
    const assertions = code.map(withoutStrings)
    assert.deepStrictEqual(
      findLines(assertions, /\bas (?!const\b)(?:unknown|any|never|[A-Z]\w*)(?=[\s;,)<[]|$)(?!\s+from)/u).filter(
        (found) => !/\* as |import|export/u.test(lineOf(found))
      ),
      []
    )
    assert.deepStrictEqual(
      findLines(code, /@ts-ignore|@ts-nocheck/u, true).filter((found) => !found.startsWith("tests/tidy")),
      []
    )
  })

  it("takes time, randomness and the environment from services", () => {
    const allowed = [
      // The emulator does not use Effect; its system clock is the one place that reads the time.
      "packages/cluster-emulator/src/Clock.ts",
      // A credential plugin inherits the environment, as kubectl's does.
      "packages/k8s-adapter/src/client/ExecPlugin.ts"
    ]
    const inside = published.filter(({ path }) => !path.startsWith("apps/") && !allowed.includes(path))
    assert.deepStrictEqual(
      findLines(inside, /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b|\bconsole\./u),
      []
    )
  })

  it("has no TODO", () => {
    assert.deepStrictEqual(findLines(published, /\b(?:TODO|FIXME|XXX)\b/u, true), [])
  })

  it("starts every module with a comment", () => {
    const undocumented = published.filter(
      ({ path, text }) => !path.endsWith("/index.ts") && !/^(?:#!.*\n)?\/\*\*/u.test(text)
    )
    assert.deepStrictEqual(
      undocumented.map(({ path }) => path),
      []
    )
  })

  it("and documents mention no build environment", () => {
    const words = /\/work\/|\/root\/|\bsubagent|\bissue #?\d|\bCI stop\b|polyglot/iu
    const all = [...code, ...texts].filter(({ path }) => !path.startsWith("tests/tidy"))
    assert.deepStrictEqual(findLines(all, words, true), [])
  })
})

describe("changesets", () => {
  it("are named <package>-<feature>.md and contain one sentence", () => {
    const found = files(".changeset", ".md").flatMap(({ path, text }) => {
      const packages = [...text.matchAll(/^"@portolan\/([^"]+)": /gmu)].map(([, name = ""]) => name)
      const name = path.slice(".changeset/".length)
      const body = text.split("---\n").at(-1)?.trim() ?? ""
      const isNamed = packages.some((each) => name.startsWith(`${each}-`))
      const isSentence = /^(?:Add|Change|Fix|Remove|Deprecate) .+\.$/u.test(body)
      return isNamed && isSentence ? [] : [path]
    })
    assert.deepStrictEqual(found, [])
  })
})

describe("documents", () => {
  it("have no broken links", () => {
    const found = files("", ".md").flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/gu)].flatMap(([, link = ""]) =>
        existsSync(join(root, dirname(path), link)) ? [] : [`${path}: ${link}`]
      )
    )
    assert.deepStrictEqual(found, [])
  })
})

describe("dependencies", () => {
  it("have all versions in the catalog", () => {
    const found = files("", "package.json")
      .filter(({ path }) => path !== "package.json")
      .flatMap(({ path, text }) => {
        const { dependencies = {}, devDependencies = {} } = JSON.parse(text)
        const all: ReadonlyArray<readonly [string, unknown]> = Object.entries({ ...dependencies, ...devDependencies })
        return all.flatMap(([name, version]) =>
          /^(?:catalog:|workspace:)/u.test(String(version)) ? [] : [`${path}: ${name}`]
        )
      })
    assert.deepStrictEqual(found, [])
  })
})

/** The source line of a finding. */
const lineOf = (found: string): string => {
  const [path = "", line = "1"] = found.split(":")
  return readFileSync(join(root, path), "utf8").split("\n")[Number(line) - 1] ?? ""
}
