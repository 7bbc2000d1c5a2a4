/**
 * Makes the picture of `docs/simulator.md`: a life of a toy controller with a mistake in it, as a page, and the page as a PNG.
 * It needs pngquant and a Chromium; where that is not called `chromium`, its path is the first argument.
 *
 *     node scripts/picture.ts [BROWSER]
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
  {
    move: "act",
    act: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body: { spec: { size: 3 } } }
  },
  { move: "fault", fault: "lease lost", call: 1 },
  { move: "passes", count: 1 }
]

const [browser = "chromium"] = process.argv.slice(2)
const run = await Effect.runPromise(Simulator.live(simulation, schedule))
const folder = mkdtempSync(join(tmpdir(), "life-"))
try {
  const file = join(folder, "life.html")
  writeFileSync(file, Simulator.page(run, { title: "Two leaders, and a write that insists" }))
  const screenshot = `--screenshot=${join(folder, "life.png")}`
  const window = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,1130", screenshot]
  execFileSync(browser, [...window, pathToFileURL(file).href], { stdio: "ignore" })
  const picture = join(import.meta.dirname, "../docs/simulator.png")
  execFileSync("pngquant", ["--force", "--nofs", "--output", picture, "64", join(folder, "life.png")])
} finally {
  rmSync(folder, { recursive: true })
}
