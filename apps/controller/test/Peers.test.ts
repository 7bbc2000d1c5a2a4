import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import { PeerDiscovery } from "@portolan/sei"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Instances from "../src/Instances.ts"
import * as Peers from "../src/Peers.ts"
import * as Sidecars from "../src/Sidecars.ts"

const ADDRESS = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")
const ID = "f83276dd2ab3d943a9a25a5b647529b996f32070"

interface Asked {
  response: string | undefined
  readonly paths: Array<string>
}

const sidecar = (asked: Asked) =>
  Layer.succeed(Sidecars.Sidecars, {
    send: (address, { path }) =>
      Effect.gen(function* () {
        asked.paths.push(path)
        yield* Effect.sleep("1 second")
        return asked.response === undefined
          ? yield* new TaskAgent.AgentError({ address, reason: Sidecars.unreachable("connection refused") })
          : { status: 200, text: asked.response }
      })
  })

const discovery = PeerDiscovery.PeerDiscovery
const nodeId = discovery.use((peers) => peers.nodeId(ADDRESS))
const nobody = () => Effect.fail(new PeerDiscovery.PeerUnknown({ message: "no machines here" }))

/** Runs with a sidecar that answers after a second, while the clock goes on. */
const withSidecar = <A, E>(asked: Asked, use: Effect.Effect<A, E, PeerDiscovery.PeerDiscovery>) =>
  Effect.provide(use, Peers.layerWith(nobody).pipe(Layer.provide(sidecar(asked))))

const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all([effect, TestClock.adjust("1 second")], { concurrency: "unbounded" }).pipe(Effect.map(([found]) => found))

describe("Peers", () => {
  it.effect("asks a sidecar once, however many want to know at once, and remembers the answer for ten minutes", () => {
    const asked: Asked = { response: JSON.stringify({ nodeId: ID }), paths: [] }
    return withSidecar(
      asked,
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* inTime(Effect.all([nodeId, nodeId], { concurrency: 2 })), [ID, ID])
        yield* TestClock.adjust("9 minutes")
        assert.strictEqual(yield* nodeId, ID)
        assert.deepStrictEqual(asked.paths, ["/v0/node-id"])
        yield* TestClock.adjust("1 minute")
        yield* inTime(nodeId)
        assert.strictEqual(asked.paths.length, 2)
      })
    )
  })

  it.effect("remembers for half a minute that a sidecar does not answer", () => {
    const asked: Asked = { response: undefined, paths: [] }
    return withSidecar(
      asked,
      Effect.gen(function* () {
        const error = yield* inTime(Effect.flip(nodeId))
        assert.include(error.message, "connection refused")
        asked.response = JSON.stringify({ nodeId: ID })
        yield* TestClock.adjust("29 seconds")
        yield* Effect.flip(nodeId)
        assert.strictEqual(asked.paths.length, 1)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* inTime(nodeId), ID)
      })
    )
  })

  it.live("reaches a sidecar the way its tasks do", () =>
    Effect.gen(function* () {
      const agents = InMemoryAgent.make()
      const { url } = yield* AgentServer.make({ agents })
      const sidecars = Sidecars.layer({ tokenFile: undefined, httpProxy: url, noProxy: undefined })
      const found = yield* nodeId.pipe(Effect.provide(Peers.layerWith(nobody).pipe(Layer.provide(sidecars))))
      assert.strictEqual(found, agents.at(ADDRESS).nodeId)
    }).pipe(Effect.scoped)
  )

  it.effect.each(["{}", "no JSON", JSON.stringify({ nodeId: "" }), JSON.stringify({ nodeId: `${ID}0` })])(
    "takes %s for no answer",
    (response) =>
      withSidecar(
        { response, paths: [] },
        Effect.gen(function* () {
          const error = yield* inTime(Effect.flip(nodeId))
          assert.include(error.message, `${ADDRESS}: does not say who it is`)
        })
      )
  )
})

const reservations = (ids: ReadonlyArray<string>, next: string) => `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>${ids
  .map(
    (id) => `<item><instancesSet><item><dnsName></dnsName><ipAddress>192.0.2.1</ipAddress><tagSet><item>
<key>sei.io/node-id</key><value>${id}</value></item></tagSet></item></instancesSet></item>`
  )
  .join("")}</reservationSet><nextToken>${next}</nextToken></DescribeInstancesResponse>`

/** Answers like EC2: two pages, then what it was asked. */
const ec2 = Effect.gen(function* () {
  const asked: Array<URLSearchParams> = []
  const http = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"))
      asked.push(form)
      const page = form.get("NextToken") === null ? reservations(["a"], "more") : reservations(["b", "c"], "")
      response.writeHead(200, { "content-type": "text/xml" }).end(page)
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      http.listen(0, "127.0.0.1", () => {
        const at = http.address()
        resume(Effect.succeed(typeof at === "object" && at !== null ? at.port : 0))
      })
    }),
    () => Effect.sync(() => http.close())
  )
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" }
  return { asked, client: { endpoint: `http://127.0.0.1:${port}`, credentials } }
})

const machines = { region: "eu-central-1", tags: { chain: "pacific-1", role: "node" } }

describe("Instances", () => {
  it.live("finds running machines by every tag, page by page", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* ec2
      const found = yield* Instances.search({ client })(machines)
      assert.deepStrictEqual(
        found.map(({ tags }) => tags["sei.io/node-id"]),
        ["a", "b", "c"]
      )
      assert.deepStrictEqual(found[0]?.hosts, ["", "192.0.2.1", undefined, undefined])
      const filters = [1, 2, 3].map(
        (n) => `${asked[0]?.get(`Filter.${n}.Name`)}=${asked[0]?.get(`Filter.${n}.Value.1`)}`
      )
      assert.deepStrictEqual(filters, ["instance-state-name=running", "tag:chain=pacific-1", "tag:role=node"])
    }).pipe(Effect.scoped)
  )

  it.live("are remembered, by region and tags", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* ec2
      const layer = Peers.layerWith(Instances.search({ client })).pipe(
        Layer.provide(sidecar({ response: "", paths: [] }))
      )
      yield* Effect.gen(function* () {
        const peers = yield* discovery
        yield* peers.instances(machines)
        yield* peers.instances({ region: machines.region, tags: { ...machines.tags } })
      }).pipe(Effect.provide(layer))
      assert.strictEqual(asked.length, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("say what to install when the SDK is not there, and look for it again the next time", () =>
    Effect.gen(function* () {
      let loads = 0
      const search = Instances.search({ load: () => Promise.reject(new Error(`not found ${loads++}`)) })(machines)
      const error = yield* Effect.flip(search)
      assert.include(error.message, "npm install @aws-sdk/client-ec2")
      yield* Effect.flip(search)
      assert.strictEqual(loads, 2)
    })
  )
})
