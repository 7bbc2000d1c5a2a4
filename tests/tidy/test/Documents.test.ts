/** What the testkit's pages show is what the example runs. */
import { assert, describe, it } from "vitest"
import { files, type Source } from "../sources.ts"

const example = files("examples/20-your-own-kind", ".ts")
const pages = [
  ...files("packages/testkit", "README.md"),
  ...["budget", "faults", "race", "sweep", "test-cluster"].flatMap((name) =>
    files("packages/testkit/docs", `${name}.md`)
  )
]

const blocks = ({ text }: Source) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gmu)].map(([, code = ""]) => code)

/** Pages show what stands deeper in a file, without its indentation. */
const flat = (text: string) => text.replaceAll(/^ +/gmu, "")

describe("what a page shows", () => {
  it.each(pages.map((page) => [page.path, page] as const))("in %s is in the example", (_, page) => {
    const made = blocks(page).filter((block) => !example.some(({ text }) => flat(text).includes(flat(block))))
    assert.deepStrictEqual(made, [])
    assert.isNotEmpty(blocks(page))
  })

  it("first of all is a whole test of ten lines", () => {
    const [first = ""] = files("packages/testkit", "README.md").flatMap(blocks)
    assert.strictEqual(example.find(({ path }) => path.endsWith("/First.test.ts"))?.text, first)
    assert.isAtMost(first.trimEnd().split("\n").length, 10)
  })
})
