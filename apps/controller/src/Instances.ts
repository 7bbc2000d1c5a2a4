/**
 * Machines by tag, from EC2. The SDK is large and few need it, so it is no part of the bundle: it is loaded when the first
 * node asks for machines.
 */
import type { EC2Client, EC2ClientConfig, Instance, Tag } from "@aws-sdk/client-ec2"
import { PeerDiscovery } from "@portolan/sei"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

type Sdk = typeof import("@aws-sdk/client-ec2")
type Search = PeerDiscovery.PeerDiscovery["Service"]["instances"]

/** The first question also loads the SDK and finds credentials. */
const DEADLINE = Duration.seconds(10)

const PACKAGE = "@aws-sdk/client-ec2"

export interface Options {
  readonly load: () => Promise<Sdk>
  /** Where the SDK is to ask, and as whom; it finds that out by itself. */
  readonly client: Omit<EC2ClientConfig, "region">
}

/** All running machines of a region that carry every tag; each failure is logged, because nobody else will tell. */
export const search = ({ client = {}, load = () => import("@aws-sdk/client-ec2") }: Partial<Options> = {}): Search => {
  let sdk: Promise<Sdk> | undefined
  const clients = new Map<string, EC2Client>()
  const clientOf = ({ EC2Client }: Sdk, region: string) => {
    const known = clients.get(region) ?? new EC2Client({ ...client, region })
    clients.set(region, known)
    return known
  }
  return ({ region, tags }) =>
    Effect.gen(function* () {
      const loaded = yield* Effect.tryPromise({
        try: () => (sdk ??= load()),
        catch: () => unknown(`peers by EC2 tags need a package that is not installed: npm install ${PACKAGE}`)
      }).pipe(Effect.tapError(() => Effect.sync(() => (sdk = undefined))))
      return yield* Effect.tryPromise({
        try: (signal) => describe(loaded, clientOf(loaded, region), tags, signal),
        catch: (cause) => unknown(`EC2 in ${region}: ${cause instanceof Error ? cause.message : cause}`)
      })
    }).pipe(
      Effect.timeoutOrElse({
        duration: DEADLINE,
        orElse: () => Effect.fail(unknown(`EC2 in ${region}: no answer within ${Duration.format(DEADLINE)}`))
      }),
      Effect.tapError(({ message }) => Effect.logWarning(message))
    )
}

const describe = async (
  sdk: Sdk,
  client: EC2Client,
  tags: { readonly [key: string]: string },
  abortSignal: AbortSignal
): Promise<ReadonlyArray<PeerDiscovery.Instance>> => {
  const filters = [
    { Name: "instance-state-name", Values: ["running"] },
    ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }))
  ]
  const found: Array<PeerDiscovery.Instance> = []
  for await (const { Reservations = [] } of sdk.paginateDescribeInstances(
    { client },
    { Filters: filters },
    { abortSignal }
  )) {
    for (const { Instances = [] } of Reservations) found.push(...Instances.map(instanceOf))
  }
  return found
}

const instanceOf = ({ Tags = [], ...hosts }: Instance): PeerDiscovery.Instance => ({
  tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }: Tag) => [Key, Value])),
  hosts: [hosts.PublicDnsName, hosts.PublicIpAddress, hosts.PrivateDnsName, hosts.PrivateIpAddress]
})

const unknown = (message: string) => new PeerDiscovery.PeerUnknown({ message })
