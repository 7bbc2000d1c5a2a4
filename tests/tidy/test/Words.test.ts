import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"
import { files, lines, longBlocks, root, type Source, withoutStrings } from "../sources.ts"

const code = ["packages", "apps", "examples", "tests"].flatMap((folder) => files(folder, ".ts"))
const published = code.filter(({ path }) => /^packages\/[^/]+\/src\//u.test(path))
const texts = [...files("", ".md"), ...files("examples", ".yaml")]

/** Files that hold expectations as data: what a server answered, word for word. */
const isData = ({ path }: Source) => path.startsWith("packages/cluster-emulator/test/schema/")

const over = (sources: ReadonlyArray<Source>, pattern: RegExp, comments = false) =>
  sources.flatMap((source) => lines(source, pattern, { comments }))

describe("sizes", () => {
  it("no file has more than 400 lines", () => {
    const found = code.filter((source) => !isData(source) && source.text.split("\n").length > 401)
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

  it("a long function would be found", () => {
    const text = `const f = () => {\n${"  a()\n".repeat(70)}}\n`
    assert.deepStrictEqual(longBlocks({ path: "x.ts", text }, 70), ["x.ts:1: 72 lines"])
  })
})

describe("vocabulary", () => {
  it("the published packages for any kind speak of none in particular", () => {
    const generic = code.filter(({ path }) => /^(?:packages\/(?:testkit|k8s-adapter)|examples)\//u.test(path))
    assert.deepStrictEqual(over(generic, /\b(?:validator|SeiNode|seid|sei\.io)\b/iu, true), [])
  })

  it("no file is called after nothing in particular", () => {
    assert.deepStrictEqual(
      code.filter(({ path }) => /\/(?:utils?|helpers?|common|misc|types)\.ts$/iu.test(path)),
      []
    )
  })

  it("no value escapes its type", () => {
    const assertions = code.filter((source) => !isData(source)).map(withoutStrings)
    assert.deepStrictEqual(
      over(assertions, /\bas (?!const\b)(?:unknown|any|never|[A-Z]\w*)(?=[\s;,)<[]|$)(?!\s+from)/u).filter(
        (found) => !/\* as |import|export/u.test(lineOf(found))
      ),
      []
    )
    assert.deepStrictEqual(
      over(code, /@ts-ignore|@ts-nocheck/u, true).filter((found) => !found.startsWith("tests/tidy")),
      []
    )
  })

  it("time, chance and the environment come through promises", () => {
    // The emulator does not use Effect; its system clock is the one place that reads the time.
    const clock = "packages/cluster-emulator/src/Clock.ts"
    const inside = published.filter(({ path }) => !path.startsWith("apps/") && path !== clock)
    assert.deepStrictEqual(
      over(inside, /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b|\bconsole\./u),
      []
    )
  })

  it("nothing is left for later in the code", () => {
    assert.deepStrictEqual(over(published, /\b(?:TODO|FIXME|XXX)\b/u, true), [])
  })

  it("every module says what it is", () => {
    const silent = published.filter(
      ({ path, text }) => !path.endsWith("/index.ts") && !/^(?:#!.*\n)?\/\*\*/u.test(text)
    )
    assert.deepStrictEqual(
      silent.map(({ path }) => path),
      []
    )
  })

  it("the project speaks of itself alone", () => {
    const words = /\/work\/|\/root\/|\bsubagent|\bissue #?\d|\bCI stop\b|polyglot/iu
    const own = [...code, ...texts].filter(({ path }) => !path.startsWith("tests/tidy"))
    assert.deepStrictEqual(over(own, words, true), [])
  })
})

describe("changesets", () => {
  it("are named <package>-<feature>.md, and hold one sentence", () => {
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
  it("every link leads somewhere", () => {
    const found = files("", ".md").flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/gu)].flatMap(([, link = ""]) =>
        existsSync(join(root, dirname(path), link)) ? [] : [`${path}: ${link}`]
      )
    )
    assert.deepStrictEqual(found, [])
  })

  it("every dependency has its version in the catalog", () => {
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

/** The line that a finding is about. */
const lineOf = (found: string): string => {
  const [path = "", line = "1"] = found.split(":")
  return readFileSync(join(root, path), "utf8").split("\n")[Number(line) - 1] ?? ""
}
