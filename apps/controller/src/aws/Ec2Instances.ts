/**
 * Finds EC2 instances by tag. The AWS SDK is an optional dependency that the bundle leaves out, because it is large and
 * most installations do not need it: it is loaded when the first SeiNode selects peers by EC2 tags.
 */
import type { EC2Client, EC2ClientConfig, Instance, Tag } from "@aws-sdk/client-ec2"
import { PeerDiscovery } from "@portolan/sei"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

type Sdk = typeof import("@aws-sdk/client-ec2")
type Search = PeerDiscovery.PeerDiscovery["Service"]["instances"]

/** Includes the time that the first search takes to load the SDK and to resolve credentials. */
const TIMEOUT = Duration.seconds(10)

const PACKAGE = "@aws-sdk/client-ec2"

export interface Options {
  readonly load: () => Promise<Sdk>
  /** Overrides the endpoint and credentials that the SDK resolves from its environment. */
  readonly client: Omit<EC2ClientConfig, "region">
}

/** All running instances of a region that have every tag. Failures are logged as warnings. */
export const search = ({ client = {}, load = () => import("@aws-sdk/client-ec2") }: Partial<Options> = {}): Search => {
  let loading: Promise<Sdk> | undefined
  const clients = new Map<string, EC2Client>()
  const clientFor = ({ EC2Client }: Sdk, region: string) => {
    const regional = clients.get(region) ?? new EC2Client({ ...client, region })
    clients.set(region, regional)
    return regional
  }
  return ({ region, tags }) =>
    Effect.gen(function* () {
      const sdk = yield* Effect.tryPromise({
        try: () => (loading ??= load()),
        catch: () => unknown(`peers by EC2 tags need the package ${PACKAGE}: run npm install ${PACKAGE}`)
      }).pipe(Effect.tapError(() => Effect.sync(() => (loading = undefined))))
      return yield* Effect.tryPromise({
        try: (signal) => describe(sdk, clientFor(sdk, region), tags, signal),
        catch: (cause) => unknown(`EC2 in ${region}: ${cause instanceof Error ? cause.message : cause}`)
      })
    }).pipe(
      Effect.timeoutOrElse({
        duration: TIMEOUT,
        orElse: () => Effect.fail(unknown(`EC2 in ${region}: no response within ${Duration.format(TIMEOUT)}`))
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
  const instances: Array<PeerDiscovery.Instance> = []
  for await (const { Reservations = [] } of sdk.paginateDescribeInstances(
    { client },
    { Filters: filters },
    { abortSignal }
  )) {
    for (const { Instances = [] } of Reservations) instances.push(...Instances.map(toInstance))
  }
  return instances
}

const toInstance = ({ Tags = [], ...hosts }: Instance): PeerDiscovery.Instance => ({
  tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }: Tag) => [Key, Value])),
  hosts: [hosts.PublicDnsName, hosts.PublicIpAddress, hosts.PrivateDnsName, hosts.PrivateIpAddress]
})

const unknown = (message: string) => new PeerDiscovery.PeerUnknown({ message })
