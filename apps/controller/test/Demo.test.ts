/** `npm start -- --once` as a process of its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const MAIN = fileURLToPath(new URL("../demo/main.ts", import.meta.url))

/** Runs the seed scenario to its end. Calls `planned` with the API server's URL for each plan. */
const run = async (planned: (url: string) => unknown) => {
  const child = spawn(process.execPath, [MAIN, "--once", "--scenario", "seed"], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const exit = once(child, "exit")
  const lines: Array<string> = []
  let url = ""
  for await (const line of createInterface({ input: child.stdout })) {
    url = /API server at (?<url>\S+),/u.exec(line)?.groups?.url ?? url
    lines.push(line)
    // For the creation and for the update of the node.
    if (line.includes("created a plan")) await planned(url)
  }
  const [code] = await exit
  return { code, text: lines.join("\n") }
}

describe("npm start -- --once", () => {
  it("exits with 1 when a status write has no pass, and says who wrote", async () => {
    const { code, text } = await run((url) =>
      fetch(`${url}/apis/sei.io/v1alpha1/namespaces/sei/seinodes/seed-0/status`, {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json", "user-agent": "stranger" },
        body: JSON.stringify({ status: { note: "written by somebody else" } })
      })
    )
    assert.match(text, /outside of reconciles: 2 by stranger\n/u)
    assert.match(text, /INV-2 +VIOLATED/u)
    assert.strictEqual(code, 1)
  })
})
