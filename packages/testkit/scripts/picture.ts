/**
 * Renders the picture of `docs/simulator.md`: the HTML page of a failed run of a toy controller, as a PNG. Needs
 * pngquant and Chromium. The first argument is the path of the browser, `chromium` by default.
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
import { simulation } from "../test/toy/ConflictRetry.ts"

const schedule: Simulator.Schedule = [
  {
    action: "user",
    request: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body: { spec: { size: 3 } } }
  },
  { action: "fault", fault: "lease lost", call: 1 },
  { action: "reconcile", passes: 1 }
]

const [browser = "chromium"] = process.argv.slice(2)
const run = await Effect.runPromise(Simulator.run(simulation, schedule))
const folder = mkdtempSync(join(tmpdir(), "run-"))
try {
  const file = join(folder, "run.html")
  writeFileSync(file, Simulator.page(run, { title: "Two leaders and a retried conflict" }))
  const screenshot = `--screenshot=${join(folder, "run.png")}`
  const window = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,1130", screenshot]
  execFileSync(browser, [...window, pathToFileURL(file).href], { stdio: "ignore" })
  const picture = join(import.meta.dirname, "../docs/simulator.png")
  execFileSync("pngquant", ["--force", "--nofs", "--output", picture, "64", join(folder, "run.png")])
} finally {
  rmSync(folder, { recursive: true })
}
