import * as Fs from "node:fs"
import { expect, test } from "vitest"
import { Faults } from "../src/index.ts"

const page = new URL("../docs/faults.md", import.meta.url)

test("docs/faults.md lists every fault with its description", async () => {
  const rows = Faults.all.map(({ description, name }) => `| ${name} | ${description} |`)
  const table = ["| fault | stands for |", "| --- | --- |", ...rows].join("\n")
  const written = Fs.readFileSync(page, "utf8").replace(
    /(?<=<!-- faults -->\n)[\s\S]*(?=<!-- end of faults -->)/u,
    () => `\n${table}\n\n`
  )
  // `pnpm exec vitest run -u` writes the table again.
  await expect(written).toMatchFileSnapshot(page.pathname)
  expect(written).toContain(table)
})
