import { createServer } from "node:http"
import type {
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  EC2ClientConfig
} from "@aws-sdk/client-ec2"
import { assert, describe, it, vi } from "@effect/vitest"
import { PeerDiscovery } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Ec2Instances from "../../src/aws/Ec2Instances.ts"
import * as LivePeerDiscovery from "../../src/LivePeerDiscovery.ts"
import { SidecarClient } from "../../src/sidecar/SidecarClient.ts"

const reservations = (ids: ReadonlyArray<string>, next: string) => `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>${ids
  .map(
    (id) => `<item><instancesSet><item><dnsName></dnsName><ipAddress>192.0.2.1</ipAddress><tagSet><item>
<key>sei.io/node-id</key><value>${id}</value></item></tagSet></item></instancesSet></item>`
  )
  .join("")}</reservationSet><nextToken>${next}</nextToken></DescribeInstancesResponse>`

/** An EC2 endpoint that serves two pages, and the requests that it received. */
const ec2 = Effect.gen(function* () {
  const requests: Array<URLSearchParams> = []
  const http = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"))
      requests.push(form)
      const page = form.get("NextToken") === null ? reservations(["a"], "more") : reservations(["b", "c"], "")
      response.writeHead(200, { "content-type": "text/xml" }).end(page)
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      http.listen(0, "127.0.0.1", () => {
        const address = http.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => http.close())
  )
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" }
  return { requests, client: { endpoint: `http://127.0.0.1:${port}`, credentials } }
})

const source = { region: "eu-central-1", tags: { chain: "pacific-1", role: "node" } }

describe("Ec2Instances", () => {
  it.live("finds running instances that have every tag, page by page", () =>
    Effect.gen(function* () {
      const { client, requests } = yield* ec2
      const instances = yield* Ec2Instances.search({ client })(source)
      assert.deepStrictEqual(
        instances.map(({ tags }) => tags["sei.io/node-id"]),
        ["a", "b", "c"]
      )
      assert.deepStrictEqual(instances[0]?.hosts, ["", "192.0.2.1", undefined, undefined])
      const filters = [1, 2, 3].map(
        (n) => `${requests[0]?.get(`Filter.${n}.Name`)}=${requests[0]?.get(`Filter.${n}.Value.1`)}`
      )
      assert.deepStrictEqual(filters, ["instance-state-name=running", "tag:chain=pacific-1", "tag:role=node"])
    }).pipe(Effect.scoped)
  )

  it.live("reads an instance without tags, and a page without instances", () =>
    Effect.gen(function* () {
      const load = async () => {
        const sdk = await import("@aws-sdk/client-ec2")
        const pages = async function* (): AsyncGenerator<DescribeInstancesCommandOutput, undefined> {
          yield { $metadata: {} }
          yield { $metadata: {}, Reservations: [{}, { Instances: [{ PublicDnsName: "a.example.dev" }] }] }
        }
        return { ...sdk, paginateDescribeInstances: pages }
      }
      const found = yield* Ec2Instances.search({ load, client: {} })(source)
      assert.deepStrictEqual(found, [{ tags: {}, hosts: ["a.example.dev", undefined, undefined, undefined] }])
    })
  )

  it.live("finds the instances of each search, although several run at once", () =>
    Effect.gen(function* () {
      const load = async () => {
        const sdk = await import("@aws-sdk/client-ec2")
        const pages = async function* (
          ...[, input]: [unknown, DescribeInstancesCommandInput]
        ): AsyncGenerator<DescribeInstancesCommandOutput, undefined> {
          const PublicDnsName = input.Filters?.at(-1)?.Values?.join() ?? ""
          yield await Promise.resolve({ $metadata: {}, Reservations: [{ Instances: [{ PublicDnsName }] }] })
        }
        return { ...sdk, paginateDescribeInstances: pages }
      }
      const search = Ec2Instances.search({ load, client: {} })
      const tags = ["a", "b", "a"].map((role) => search({ ...source, tags: { role } }))
      const found = yield* Effect.all(tags, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        found.map((instances) => instances.map(({ hosts }) => hosts[0])),
        [["a"], ["b"], ["a"]]
      )
    })
  )

  it.live("names the region whose API fails", () =>
    Effect.gen(function* () {
      const load = async () => {
        const sdk = await import("@aws-sdk/client-ec2")
        return {
          ...sdk,
          // biome-ignore lint/correctness/useYield: it fails before its first page.
          paginateDescribeInstances: async function* (): AsyncGenerator<never> {
            throw new Error("throttled")
          }
        }
      }
      const error = yield* Effect.flip(Ec2Instances.search({ load, client: {} })(source))
      assert.strictEqual(error.message, "EC2 in eu-central-1: throttled")
    })
  )

  it.live("is cached by region and tags", () =>
    Effect.gen(function* () {
      const { client, requests } = yield* ec2
      const layer = LivePeerDiscovery.layerWith(Ec2Instances.search({ client })).pipe(
        Layer.provide(Layer.mock(SidecarClient, {}))
      )
      yield* Effect.gen(function* () {
        const peers = yield* PeerDiscovery.PeerDiscovery
        yield* peers.instances(source)
        yield* peers.instances({ region: source.region, tags: { ...source.tags } })
      }).pipe(Effect.provide(layer))
      assert.strictEqual(requests.length, 2)
    }).pipe(Effect.scoped)
  )

  it.live("keeps one client per region", () =>
    Effect.gen(function* () {
      const { client } = yield* ec2
      const regions: Array<unknown> = []
      const load = async () => {
        const sdk = await import("@aws-sdk/client-ec2")
        const EC2Client = class extends sdk.EC2Client {
          constructor(config: EC2ClientConfig) {
            super(config)
            regions.push(config.region)
          }
        }
        return { ...sdk, EC2Client }
      }
      const search = Ec2Instances.search({ client, load })
      yield* search(source)
      yield* search({ ...source, region: "us-east-1" })
      yield* search(source)
      assert.deepStrictEqual(regions, ["eu-central-1", "us-east-1"])
    }).pipe(Effect.scoped)
  )

  it.effect("ends its request when it is too late for a response", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal> = []
      const load = async () => {
        const sdk = await import("@aws-sdk/client-ec2")
        const pages = async function* (
          ...[, , options]: [unknown, unknown, { readonly abortSignal: AbortSignal }?]
        ): AsyncGenerator<DescribeInstancesCommandOutput, undefined> {
          if (options !== undefined) signals.push(options.abortSignal)
          yield await new Promise<never>(() => {})
        }
        return { ...sdk, paginateDescribeInstances: pages }
      }
      const result = yield* Effect.forkChild(Effect.flip(Ec2Instances.search({ load, client: {} })(source)))
      yield* Effect.promise(() => vi.waitUntil(() => signals.length === 1))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(result)
      assert.deepStrictEqual(
        signals.map(({ aborted }) => aborted),
        [true]
      )
    })
  )

  it.effect("fails after 10 seconds without a response", () =>
    Effect.gen(function* () {
      const search = Ec2Instances.search({ load: () => new Promise(() => {}) })(source)
      const result = yield* Effect.forkChild(Effect.flip(search))
      yield* TestClock.adjust("9999 millis")
      assert.isUndefined(result.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(result)).message, "EC2 in eu-central-1: no response within 10s")
    })
  )

  it.effect("names the package to install when the SDK cannot be loaded, and tries to load it again", () =>
    Effect.gen(function* () {
      let loads = 0
      const search = Ec2Instances.search({ load: () => Promise.reject(new Error(`not found ${loads++}`)) })(source)
      const error = yield* Effect.flip(search)
      assert.include(error.message, "npm install @aws-sdk/client-ec2")
      yield* Effect.flip(search)
      assert.strictEqual(loads, 2)
    })
  )
})
