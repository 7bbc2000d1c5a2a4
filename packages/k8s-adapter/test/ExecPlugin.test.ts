/** The credential plugin of a kubeconfig, run as a process. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as ExecPlugin from "../src/client/ExecPlugin.ts"

/** A shell that prints credentials with its first argument as the token. */
const printing = (token: string): Parameters<typeof ExecPlugin.make>[0] => ({
  command: "sh",
  args: ["-c", `printf '{"status":{"token":"%s"}}' "${token}"`]
})

const run = (plugin: Parameters<typeof ExecPlugin.make>[0]) => ExecPlugin.make(plugin)(0, new AbortController().signal)

describe("a credential plugin", () => {
  beforeAll(() => {
    process.env.PORTOLAN_PROFILE = "of the process"
    process.env.PORTOLAN_REGION = "of the process"
  })
  afterAll(() => {
    delete process.env.PORTOLAN_PROFILE
    delete process.env.PORTOLAN_REGION
  })

  it("gets the environment of the process, and its own variables, which take precedence", async () => {
    const plugin = {
      ...printing("$PORTOLAN_PROFILE, $PORTOLAN_REGION, $PORTOLAN_ROLE"),
      env: [
        { name: "PORTOLAN_REGION", value: "of the plugin" },
        { name: "PORTOLAN_ROLE", value: "admin" }
      ]
    }
    assert.deepStrictEqual(await run(plugin), { token: "of the process, of the plugin, admin" })
    assert.deepStrictEqual(await run({ ...plugin, env: null }), { token: "of the process, of the process, " })
  })

  it("may have no arguments", async () => {
    await run({ command: "true", args: null }).then(
      () => assert.fail("it printed nothing"),
      (error: unknown) => assert.include(String(error), 'exec plugin "true" did not print a valid ExecCredential')
    )
  })

  it("prints a token, a client certificate with its key, and when they expire", async () => {
    const status = {
      clientCertificateData: "certificate",
      clientKeyData: "key",
      expirationTimestamp: "1970-01-01T00:00:01Z"
    }
    const plugin = { command: "printf", args: ["%s", JSON.stringify({ status })] }
    assert.deepStrictEqual(await run(plugin), { cert: "certificate", key: "key", expiresAt: 1000 })
  })
})
