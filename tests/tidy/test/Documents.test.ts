/** Code that a page shows is code that is compiled and tested. */
import { assert, describe, it } from "vitest"
import { files, type Source } from "../sources.ts"

const EXAMPLE = "examples/20-your-own-kind"

/** Pages with code blocks, and the folder whose tests or sources run that code. */
const PAGES: ReadonlyArray<readonly [folder: string, page: string, code: string]> = [
  ["packages/planner", "README.md", "packages/planner/test"],
  ["packages/sei", "README.md", "packages/sei/test"],
  ["packages/cluster-emulator", "README.md", "packages/cluster-emulator/test"],
  ["packages/k8s-adapter", "README.md", EXAMPLE],
  ["packages/testkit", "README.md", EXAMPLE],
  ...["budget", "faults", "race", "sweep", "test-cluster"].map(
    (name) => ["packages/testkit/docs", `${name}.md`, EXAMPLE] as const
  )
]

const pageOf = (folder: string, name: string): Source => {
  const page = files(folder, name).find(({ path }) => path === `${folder}/${name}`)
  assert.isDefined(page)
  return page
}

const blocks = ({ text }: Source) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gmu)].map(([, code = ""]) => code)

/** A page shows code without the indentation that it has in its file, and without the imports of the test. */
const flat = (text: string) => text.replaceAll(/^ +/gmu, "")

/** The code of a folder. A package's own tests import its index. */
const codeOf = (folder: string) => {
  const name = `@portolan/${folder.split("/")[1]}`
  return files(folder, ".ts").map(({ text }) => flat(text.replaceAll('"../src/index.ts"', `"${name}"`)))
}

describe("the code blocks", () => {
  it.each(PAGES)("of %s/%s are in %s", (folder, name, code) => {
    const page = pageOf(folder, name)
    const sources = codeOf(code)
    const isImport = (line: string) => line.startsWith("import ")
    const unknown = blocks(page).filter((block) => {
      const lines = flat(block).split("\n")
      return lines.every((line) => line === "" || isImport(line))
        ? lines.some((line) => !sources.some((text) => text.includes(line)))
        : !sources.some((text) => text.includes(flat(block)))
    })
    assert.deepStrictEqual(unknown, [])
    assert.isNotEmpty(blocks(page))
  })

  it("of packages/testkit/README.md begin with a whole test of ten lines", () => {
    const [first = ""] = blocks(pageOf("packages/testkit", "README.md"))
    const test = files(EXAMPLE, "First.test.ts")[0]
    assert.strictEqual(test?.text, first)
    assert.isAtMost(first.trimEnd().split("\n").length, 10)
  })
})
