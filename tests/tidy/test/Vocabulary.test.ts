import { assert, describe, it } from "vitest"
import { files } from "../sources.ts"
import { findings } from "../vocabulary.ts"

const FOLDERS = ["packages", "apps", "examples", "docs", "tests", "bench", "scripts"]
const ENDINGS = [".ts", ".mjs", ".md", ".yaml"]

/** The table itself; what a real API server answered, word for word; changelogs of published versions. */
const isExempt = (path: string) => /^tests\/tidy\/(?:vocabulary|test\/Vocabulary)|\/corpus\/|CHANGELOG\.md$/u.test(path)

const sources = [...FOLDERS.flatMap((folder) => files(folder, ...ENDINGS)), ...files(".changeset", ".md")].filter(
  ({ path }) => !isExempt(path)
)

describe("the vocabulary", () => {
  it("of code, documents and tests is the field's", () => {
    const found = sources.flatMap(({ path, text }) => findings(text).map((finding) => `${path}:${finding}`))
    assert.deepStrictEqual(found, [])
  })

  it("of file names is the field's", () => {
    const found = sources.flatMap(({ path }) => findings(path).map((finding) => `${path}: ${finding}`))
    assert.deepStrictEqual(found, [])
  })

  it("finds a replaced word in prose and in a name, and allows ordinary English", () => {
    assert.deepStrictEqual(findings("the turn\nconst maxTurns = Math.floor(1)"), [
      "1: turn → reconcile, pass",
      "2: Turns → reconcile, pass"
    ])
    assert.deepStrictEqual(findings("each in turn; return; unsettled"), [])
  })
})
