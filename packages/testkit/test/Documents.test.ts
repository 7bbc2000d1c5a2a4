import * as Fs from "node:fs"
import { expect, test } from "vitest"
import { Faults } from "../src/index.ts"

const page = new URL("../docs/faults.md", import.meta.url)

test("the page about faults lists every one of them, with what it stands for", async () => {
  const rows = Faults.all.map(({ name, description: standsFor }) => `| ${name} | ${standsFor} |`)
  const table = ["| fault | stands for |", "| --- | --- |", ...rows].join("\n")
  const written = Fs.readFileSync(page, "utf8").replace(
    /(?<=<!-- faults -->\n)[\s\S]*(?=<!-- end of faults -->)/u,
    () => `\n${table}\n\n`
  )
  // `pnpm exec vitest run -u` writes the page anew.
  await expect(written).toMatchFileSnapshot(page.pathname)
  expect(written).toContain(table)
})
