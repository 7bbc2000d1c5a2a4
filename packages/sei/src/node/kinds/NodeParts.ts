/** The parts of a node's spec that several modes share. */
import { CustomKind } from "@portolan/planner"
import * as Schema from "effect/Schema"

const rule = (rule: string, message: string): CustomKind.Rule => ({ rule, message })
const optional = Schema.optionalKey

const Int64 = CustomKind.extend(Schema.Int, { format: "int64" })
export const StringMap = Schema.Record(Schema.String, Schema.String)
const NonEmpty = Schema.String.check(Schema.isMinLength(1))
const atLeast = (minimum: number) => Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum))

/** Name of a Secret or claim: a DNS label of 1 to 253 characters. */
const ObjectName = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(253),
  Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u)
)

/** The name of something a live node depends on; it cannot be pointed elsewhere. */
const fixedName = (field: string) => CustomKind.rules(ObjectName, rule("self == oldSelf", `${field} cannot be changed`))

const FixedSecret = Schema.Struct({ secretName: fixedName("secretName") })

/** Where a node finds others: by tag, by address, or by label. */
export const PeerSource = CustomKind.rules(
  Schema.Struct({
    ec2Tags: optional(
      Schema.Struct({ region: NonEmpty, tags: StringMap.check(Schema.isMinProperties(1)) }).annotate({
        description: "Instances that carry all of these tags."
      })
    ),
    static: optional(Schema.Struct({ addresses: Schema.Array(Schema.String).check(Schema.isMinLength(1)) })),
    label: optional(
      Schema.Struct({
        selector: StringMap.check(Schema.isMinProperties(1)),
        namespace: optional(Schema.String)
      }).annotate({ description: "SeiNodes with these labels, in their own namespace unless another is named." })
    )
  }),
  rule(
    "(has(self.ec2Tags) ? 1 : 0) + (has(self.static) ? 1 : 0) + (has(self.label) ? 1 : 0) == 1",
    "a peer source is exactly one of ec2Tags, static or label"
  )
)
export type PeerSource = typeof PeerSource.Type

/** State to begin from: a snapshot in the object store, or chunks from peers. */
export const SnapshotSource = CustomKind.rules(
  Schema.Struct({
    s3: optional(
      Schema.Struct({
        targetHeight: CustomKind.extend(atLeast(1), { format: "int64" }).annotate({
          description: "The newest snapshot up to this height is taken."
        })
      })
    ),
    stateSync: optional(Schema.Struct({})),
    trustPeriod: optional(Schema.String),
    rpcServers: optional(
      CustomKind.extend(
        Schema.Array(Schema.String.check(Schema.isPattern(/^[^\s:/,]+:[0-9]{1,5}$/u))).check(Schema.isMinLength(2)),
        { "x-kubernetes-list-type": "set" }
      )
    ),
    backfillBlocks: optional(Int64),
    bootstrapImage: optional(Schema.String)
  }),
  rule("has(self.s3) != has(self.stateSync)", "a snapshot source is exactly one of s3 or stateSync")
)
export type SnapshotSource = typeof SnapshotSource.Type

const SnapshotGeneration = Schema.Struct({
  tendermint: optional(
    Schema.Struct({
      keepRecent: CustomKind.extend(atLeast(1), { format: "int32" }),
      publish: optional(Schema.Struct({}))
    })
  )
})

const secretSource = (what: string) =>
  CustomKind.rules(
    Schema.Struct({ secret: optional(FixedSecret) }),
    rule("has(self.secret)", `exactly one source of the ${what} is needed`)
  )

const OperatorKeyring = Schema.Struct({
  secret: optional(
    Schema.Struct({
      secretName: fixedName("secretName"),
      keyName: optional(
        CustomKind.extend(Schema.String.check(Schema.isMaxLength(64), Schema.isPattern(/^[a-zA-Z0-9_-]+$/u)), {
          default: "node_admin"
        })
      ),
      passphraseSecretRef: Schema.Struct({
        secretName: fixedName("the passphrase's secretName"),
        key: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(253))
      }),
      seidMount: optional(Schema.Boolean)
    })
  )
})

const Ceremony = Schema.Struct({
  chainId: NonEmpty,
  stakingAmount: NonEmpty,
  accountBalance: NonEmpty,
  index: CustomKind.extend(atLeast(0), { format: "int32" })
})

/** What names a Secret in a validator. */
const SECRETS = {
  signingKey: "self.signingKey.secret",
  nodeKey: "self.nodeKey.secret",
  operatorKeyring: "self.operatorKeyring.secret",
  passphrase: "self.operatorKeyring.secret.passphraseSecretRef"
}

/** A part without a `secret` names none, and is nobody's rival. */
const isNamed = (path: string): string => {
  const part = path.split(".", 2).join(".")
  return `has(${part}) && has(${part}.secret)`
}

const apart = (left: keyof typeof SECRETS, right: keyof typeof SECRETS): CustomKind.Rule => {
  const [one, other] = [SECRETS[left], SECRETS[right]]
  const bothNamed = [...new Set([isNamed(one), isNamed(other)])].join(" && ")
  return rule(
    `!(${bothNamed}) || ${one}.secretName != ${other}.secretName`,
    `${left} and ${right} need Secrets of their own`
  )
}

/** Signs blocks. Its three secrets and their passphrase never share a Secret. */
export const Validator = CustomKind.rules(
  Schema.Struct({
    snapshot: optional(SnapshotSource),
    genesisCeremony: optional(Ceremony),
    signingKey: optional(secretSource("signing key")),
    nodeKey: optional(secretSource("node key")),
    operatorKeyring: optional(OperatorKeyring).annotateKey({
      description: "Without a secret, as when it is absent: a keyring that is not protected, for tests."
    })
  }),
  rule("has(self.signingKey) == has(self.nodeKey)", "signingKey and nodeKey are set together or not at all"),
  apart("signingKey", "nodeKey"),
  apart("operatorKeyring", "signingKey"),
  apart("operatorKeyring", "nodeKey"),
  apart("operatorKeyring", "passphrase"),
  apart("passphrase", "signingKey"),
  apart("passphrase", "nodeKey")
)

/** Introduces nodes to each other; its identity is permanent. */
export const Seed = Schema.Struct({ nodeKey: secretSource("node key") })

export const FullNode = Schema.Struct({
  snapshot: optional(SnapshotSource).annotateKey({ description: "Absent: sync every block from genesis." }),
  snapshotGeneration: optional(SnapshotGeneration)
})
export const Archive = Schema.Struct({ snapshotGeneration: optional(SnapshotGeneration) })
export const Replayer = Schema.Struct({
  snapshot: SnapshotSource,
  resultExport: optional(Schema.Struct({ shadowResult: optional(Schema.Struct({ canonicalRpc: NonEmpty })) }))
})

/** Requests and limits as core/v1 has them. */
const Quantity = CustomKind.extend(Schema.Union([Schema.String, Schema.Int]), { "x-kubernetes-int-or-string": true })
const ResourceRequirements = Schema.Struct({
  requests: optional(Schema.Record(Schema.String, Quantity)),
  limits: optional(Schema.Record(Schema.String, Quantity)),
  claims: optional(
    CustomKind.extend(Schema.Array(Schema.Struct({ name: Schema.String, request: optional(Schema.String) })), {
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"]
    })
  )
})

export const Sidecar = Schema.Struct({
  image: optional(Schema.String),
  port: optional(CustomKind.extend(Schema.Int, { format: "int32", default: 7777 })),
  resources: optional(ResourceRequirements)
})

export const DataVolume = CustomKind.rules(
  Schema.Struct({ import: optional(Schema.Struct({ pvcName: fixedName("pvcName") })) }),
  rule("!has(oldSelf.import) || has(self.import)", "an imported volume cannot be given up once it is set")
)
