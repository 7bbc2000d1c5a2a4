import { connect } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { ApiServer, KubernetesServer } from "../../src/index.ts"

let listening: KubernetesServer.Listening
beforeAll(async () => {
  listening = await KubernetesServer.start({ server: ApiServer.make() })
})
afterAll(() => listening.close())

/** Sends one request over a raw socket, with exactly these headers. Resolves to the response as text. */
const send = (requestLine: string, ...headers: ReadonlyArray<string>): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(listening.port, "127.0.0.1")
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")))
    socket.on("error", reject)
    socket.write([`${requestLine} HTTP/1.1`, "Connection: close", ...headers, "", ""].join("\r\n"))
  })

const get = (...headers: ReadonlyArray<string>) => send("GET /api/v1/secrets", ...headers)

const codeOf = (response: string): number => Number(/^HTTP\/1\.1 (\d+)/u.exec(response)?.[1])

const rejected = (response: string) => {
  const { code, kind, message, reason } = JSON.parse(response.slice(response.indexOf("\r\n\r\n")))
  return { http: codeOf(response), code, kind, message, reason }
}

const forbidden = (message: string) => ({ http: 403, code: 403, kind: "Status", message, reason: "Forbidden" })

describe("a request from a browser", () => {
  it("is accepted under every loopback name, with any port and in any case", async () => {
    for (const host of ["127.0.0.1", "localhost:1", "LocalHost:8080", "[::1]", "[::1]:443"]) {
      assert.strictEqual(codeOf(await get(`Host: ${host}`)), 200, host)
    }
  })

  it("with another Host gets a 403 that names the header", async () => {
    assert.deepStrictEqual(
      rejected(await get(`Host: evil.example:${listening.port}`)),
      forbidden(
        `request rejected: Host header "evil.example:${listening.port}" is not a loopback name ` +
          "(localhost, 127.0.0.1 or [::1])"
      )
    )
    const hosts = ["127.0.0.1.evil.example", "localhost.evil.example", "evil@localhost", "127.0.0.2", "0.0.0.0", ""]
    for (const host of hosts) assert.strictEqual(codeOf(await get(`Host: ${host}`)), 403, host)
  })

  it("without a Host is rejected", async () => {
    assert.strictEqual(codeOf(await send("GET /api/v1/secrets")), 400)
  })

  it("with a foreign Origin gets a 403 that names the header", async () => {
    assert.deepStrictEqual(
      rejected(await get("Host: localhost", "Origin: https://evil.example")),
      forbidden('request rejected: Origin header "https://evil.example" is not the origin of this server')
    )
    const { port } = listening
    const origins = [
      "null",
      "http://localhost",
      `https://localhost:${port}`,
      `http://localhost:${port + 1}`,
      `http://localhost:${port}.evil.example`,
      `http://evil.example:${port}`
    ]
    for (const origin of origins) {
      assert.strictEqual(codeOf(await get("Host: localhost", `Origin: ${origin}`)), 403, origin)
    }
  })

  it("with the server's own Origin is accepted", async () => {
    for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
      const origin = `http://${name}:${listening.port}`
      assert.strictEqual(codeOf(await get("Host: localhost", `Origin: ${origin}`)), 200, origin)
    }
  })

  it("of another site gets a 403 that names the header", async () => {
    assert.deepStrictEqual(
      rejected(await get("Host: localhost", "Sec-Fetch-Site: cross-site")),
      forbidden('request rejected: Sec-Fetch-Site header "cross-site" marks a request of another site')
    )
    assert.strictEqual(codeOf(await get("Host: localhost", "Sec-Fetch-Site: same-site")), 403)
    assert.strictEqual(codeOf(await get("Host: localhost", "Sec-Fetch-Site: same-origin")), 200)
    assert.strictEqual(codeOf(await get("Host: localhost", "Sec-Fetch-Site: none")), 200)
  })

  it("is rejected on every path and for every method, and is logged", async () => {
    const before = listening.audit().length
    for (const line of [
      "GET /healthz",
      "GET /version",
      "OPTIONS /api/v1/secrets",
      "DELETE /api/v1/namespaces/default"
    ]) {
      assert.strictEqual(codeOf(await send(line, "Host: evil.example")), 403, line)
    }
    assert.deepStrictEqual(
      listening
        .audit()
        .slice(before)
        .map(({ code, resource }) => [resource, code]),
      [
        ["secrets", 403],
        ["namespaces", 403]
      ]
    )
  })
})
