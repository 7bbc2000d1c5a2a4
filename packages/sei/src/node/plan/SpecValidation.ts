/**
 * What admission cannot see, or may not have seen: specs that no plan can be made for. Checked before every plan, also of a
 * running node.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { MODES, mode, type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"
import * as PodChecks from "./PodChecks.ts"

/** A question about a spec: why it cannot be planned, or nothing. */
type Question = (spec: SeiNodeSpec) => Reconciler.PlanRejected | undefined

/** Fails with the first field at fault. Bounds of single fields are the schema's, which every spec has passed. */
export const check = (spec: SeiNodeSpec): Result.Result<void, Reconciler.PlanRejected> => {
  for (const ask of QUESTIONS) {
    const refusal = ask(spec)
    if (refusal !== undefined) return Result.fail(refusal)
  }
  return Result.void
}

const refuseIf = (isWrong: boolean, field: string, message: string): Reconciler.PlanRejected | undefined =>
  isWrong ? new Reconciler.PlanRejected({ field, message }) : undefined

const oneMode: Question = (spec) =>
  refuseIf(
    MODES.filter((each) => spec[each] !== undefined).length !== 1,
    "spec",
    `a node has exactly one mode: ${MODES.join(", ")}`
  )

/** An image to bootstrap with is of use only where a snapshot tells the height to bootstrap to. A ceremony has neither. */
const bootstrapsToHeight: Question = (spec) => {
  const source = spec.validator?.genesisCeremony === undefined ? snapshotSource(spec) : undefined
  return refuseIf(
    Boolean(source?.bootstrapImage) && source?.s3 === undefined,
    `spec.${mode(spec)}.snapshot.bootstrapImage`,
    "needs an s3 snapshot"
  )
}

const generatesSnapshots =
  (chosen: "fullNode" | "archive"): Question =>
  (spec) => {
    const generation = spec[chosen]?.snapshotGeneration
    const field = `spec.${chosen}.snapshotGeneration`
    return (
      refuseIf(
        generation !== undefined && generation.tendermint === undefined,
        field,
        "says nothing; set tendermint, or leave it out"
      ) ??
      refuseIf(
        generation?.tendermint?.publish !== undefined && generation.tendermint.keepRecent < 2,
        `${field}.tendermint.keepRecent`,
        "must be at least 2 to publish: one snapshot is served while the next is made"
      )
    )
  }

const replaysSnapshot: Question = ({ replayer }) =>
  refuseIf(
    replayer !== undefined && replayer.snapshot.s3 === undefined,
    "spec.replayer.snapshot.s3",
    "is needed: a replayer begins at a height"
  )

const replaysFromPeers: Question = ({ peers = [], replayer }) =>
  refuseIf(replayer !== undefined && peers.length === 0, "spec.peers", "a replayer needs peers")

const exportsSomething: Question = ({ replayer }) =>
  refuseIf(
    replayer?.resultExport !== undefined && replayer.resultExport.shadowResult === undefined,
    "spec.replayer.resultExport",
    "says nothing; set shadowResult, or leave it out"
  )

const ceremonyMakesKeys: Question = ({ validator }) =>
  refuseIf(
    validator?.genesisCeremony !== undefined && validator.signingKey !== undefined,
    "spec.validator.signingKey",
    "cannot be given to a genesis ceremony, which makes its own"
  )

const namesSecret =
  (key: "signingKey" | "nodeKey"): Question =>
  ({ validator }) =>
    refuseIf(
      validator?.[key] !== undefined && validator[key].secret === undefined,
      `spec.validator.${key}.secret`,
      "is needed"
    )

const comesWith =
  (key: "signingKey" | "nodeKey", other: "signingKey" | "nodeKey"): Question =>
  ({ validator }) =>
    refuseIf(
      validator?.[other] !== undefined && validator[key] === undefined,
      `spec.validator.${key}`,
      `is needed with ${other}`
    )

/** Each of a validator's secrets has a Secret of its own, so that a mount of one shows no other. */
const secretsAreDistinct: Question = ({ validator }) => {
  const keyring = validator?.operatorKeyring?.secret
  const all = [
    ["signingKey.secret", validator?.signingKey?.secret?.secretName],
    ["nodeKey.secret", validator?.nodeKey?.secret?.secretName],
    ["operatorKeyring.secret", keyring?.secretName],
    ["operatorKeyring.secret.passphraseSecretRef", keyring?.passphraseSecretRef.secretName]
  ] as const
  const named = all.filter(([, name]) => name !== undefined)
  const [field, name] = named.find(([, each], at) => named.findIndex(([, other]) => other === each) < at) ?? []
  return refuseIf(field !== undefined, `spec.validator.${field}.secretName`, `${name} already holds another secret`)
}

const seedHasIdentity: Question = ({ seed }) =>
  refuseIf(seed !== undefined && seed.nodeKey.secret === undefined, "spec.seed.nodeKey.secret", "is needed")

/** Asked in this order; the first answer counts. */
const QUESTIONS: ReadonlyArray<Question> = [
  oneMode,
  generatesSnapshots("fullNode"),
  generatesSnapshots("archive"),
  replaysSnapshot,
  replaysFromPeers,
  exportsSomething,
  ceremonyMakesKeys,
  namesSecret("signingKey"),
  namesSecret("nodeKey"),
  comesWith("nodeKey", "signingKey"),
  comesWith("signingKey", "nodeKey"),
  secretsAreDistinct,
  bootstrapsToHeight,
  seedHasIdentity,
  PodChecks.refusal
]
