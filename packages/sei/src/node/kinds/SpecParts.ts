/** Schemas of the parts of a SeiNode's spec: peers, snapshots, keys, volumes, and one per mode. */
import { CustomKind } from "@portolan/planner"
import * as Schema from "effect/Schema"

const rule = (rule: string, message: string): CustomKind.Rule => ({ rule, message })
const optional = Schema.optionalKey

const Int64 = CustomKind.extend(Schema.Int, { format: "int64" })
export const StringMap = Schema.Record(Schema.String, Schema.String)
const NonEmpty = Schema.String.check(Schema.isMinLength(1))
const atLeast = (minimum: number) => Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum))

/** Name of a Secret or PersistentVolumeClaim: a DNS label of 1 to 253 characters. */
const ObjectName = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(253),
  Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u)
)

/** A reference to an object that a running node depends on. */
const ImmutableName = CustomKind.rules(ObjectName, rule("self == oldSelf", "field is immutable"))

const SecretReference = Schema.Struct({ secretName: ImmutableName })

/** One way to discover peers: instances by tag, fixed addresses, or SeiNodes by label. */
export const PeerSource = CustomKind.rules(
  Schema.Struct({
    ec2Tags: optional(
      Schema.Struct({ region: NonEmpty, tags: StringMap.check(Schema.isMinProperties(1)) }).annotate({
        description: "Running instances that have all of these tags."
      })
    ),
    static: optional(Schema.Struct({ addresses: Schema.Array(Schema.String).check(Schema.isMinLength(1)) })),
    label: optional(
      Schema.Struct({
        selector: StringMap.check(Schema.isMinProperties(1)),
        namespace: optional(Schema.String)
      }).annotate({
        description: "SeiNodes with these labels, in the namespace of this SeiNode unless another one is set."
      })
    )
  }),
  rule(
    "(has(self.ec2Tags) ? 1 : 0) + (has(self.static) ? 1 : 0) + (has(self.label) ? 1 : 0) == 1",
    "must set exactly one of ec2Tags, static, label"
  )
)
export type PeerSource = typeof PeerSource.Type

/** The state that a node starts from: a snapshot in the object store, or chunks from peers. */
export const SnapshotSource = CustomKind.rules(
  Schema.Struct({
    s3: optional(
      Schema.Struct({
        targetHeight: CustomKind.extend(atLeast(1), { format: "int64" }).annotate({
          description: "The newest snapshot at or below this height is restored."
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
  rule("has(self.s3) != has(self.stateSync)", "must set exactly one of s3, stateSync")
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

const keySource = (key: string) =>
  CustomKind.rules(
    Schema.Struct({ secret: optional(SecretReference) }),
    rule("has(self.secret)", `must set exactly one source of the ${key}`)
  )

const OperatorKeyring = Schema.Struct({
  secret: optional(
    Schema.Struct({
      secretName: ImmutableName,
      keyName: optional(
        CustomKind.extend(Schema.String.check(Schema.isMaxLength(64), Schema.isPattern(/^[a-zA-Z0-9_-]+$/u)), {
          default: "node_admin"
        })
      ),
      passphraseSecretRef: Schema.Struct({
        secretName: ImmutableName,
        key: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(253))
      }),
      seidMount: optional(Schema.Boolean)
    })
  )
})

const GenesisCeremony = Schema.Struct({
  chainId: NonEmpty,
  stakingAmount: NonEmpty,
  accountBalance: NonEmpty,
  index: CustomKind.extend(atLeast(0), { format: "int32" })
})

/** CEL paths of the Secret references of a validator. */
const SECRET_PATHS = {
  signingKey: "self.signingKey.secret",
  nodeKey: "self.nodeKey.secret",
  operatorKeyring: "self.operatorKeyring.secret",
  passphrase: "self.operatorKeyring.secret.passphraseSecretRef"
}

/** A CEL expression that is true when the reference is set. */
const isSet = (path: string): string => {
  const field = path.split(".", 2).join(".")
  return `has(${field}) && has(${field}.secret)`
}

const useDifferentSecrets = (left: keyof typeof SECRET_PATHS, right: keyof typeof SECRET_PATHS): CustomKind.Rule => {
  const [leftPath, rightPath] = [SECRET_PATHS[left], SECRET_PATHS[right]]
  const areBothSet = [...new Set([isSet(leftPath), isSet(rightPath)])].join(" && ")
  return rule(
    `!(${areBothSet}) || ${leftPath}.secretName != ${rightPath}.secretName`,
    `${left} and ${right} must reference different Secrets`
  )
}

/**
 * Signs blocks. The keys, the keyring and the passphrase are in different Secrets, so that a mount of one exposes no
 * other.
 */
export const Validator = CustomKind.rules(
  Schema.Struct({
    snapshot: optional(SnapshotSource),
    genesisCeremony: optional(GenesisCeremony),
    signingKey: optional(keySource("signing key")),
    nodeKey: optional(keySource("node key")),
    operatorKeyring: optional(OperatorKeyring).annotateKey({
      description:
        "Without a secret, the node uses an unprotected keyring, as it does when the field is absent. For tests only."
    })
  }),
  rule("has(self.signingKey) == has(self.nodeKey)", "signingKey and nodeKey must be set together"),
  useDifferentSecrets("signingKey", "nodeKey"),
  useDifferentSecrets("operatorKeyring", "signingKey"),
  useDifferentSecrets("operatorKeyring", "nodeKey"),
  useDifferentSecrets("operatorKeyring", "passphrase"),
  useDifferentSecrets("passphrase", "signingKey"),
  useDifferentSecrets("passphrase", "nodeKey")
)

/** Introduces peers to each other under a permanent P2P identity. */
export const Seed = Schema.Struct({ nodeKey: keySource("node key") })

export const FullNode = Schema.Struct({
  snapshot: optional(SnapshotSource).annotateKey({
    description: "When absent, the node syncs every block from genesis."
  }),
  snapshotGeneration: optional(SnapshotGeneration)
})
export const Archive = Schema.Struct({ snapshotGeneration: optional(SnapshotGeneration) })
export const Replayer = Schema.Struct({
  snapshot: SnapshotSource,
  resultExport: optional(Schema.Struct({ shadowResult: optional(Schema.Struct({ canonicalRpc: NonEmpty })) }))
})

/** `ResourceRequirements` of core/v1. */
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
  Schema.Struct({ import: optional(Schema.Struct({ pvcName: ImmutableName })) }),
  rule("!has(oldSelf.import) || has(self.import)", "import must not be removed")
)
