/**
 * Makes the picture of `simulator.md`: a life of a toy controller with a mistake in it, as a page, and the page as a PNG.
 * It needs a Chromium; where it is not called `chromium`, its path is the first argument.
 *
 *     node docs/picture.ts [BROWSER]
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { Simulator } from "../src/index.ts"
import { simulation } from "../test/toy/Stubborn.ts"

const schedule: Simulator.Schedule = [
  { move: "turns", count: 1 },
  { move: "act", act: { does: "merge", kind: simulation.subject.kind, name: "w", body: { spec: { size: 3 } } } },
  { move: "fault", fault: "lease lost", call: 1 },
  { move: "turns", count: 1 }
]

const [browser = "chromium"] = process.argv.slice(2)
const life = await Effect.runPromise(Simulator.live(simulation, schedule))
const folder = mkdtempSync(join(tmpdir(), "life-"))
try {
  const file = join(folder, "life.html")
  writeFileSync(file, Simulator.page(life, { title: "Two leaders, and a write that insists" }))
  const screenshot = `--screenshot=${join(import.meta.dirname, "simulator.png")}`
  const window = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,1180", screenshot]
  execFileSync(browser, [...window, pathToFileURL(file).href], { stdio: "ignore" })
} finally {
  rmSync(folder, { recursive: true })
}
