/**
 * Validates specs that admission accepts, or accepted under an earlier CRD, and that no plan can be built for. Runs
 * before every plan, also of a running node.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { MODES, mode, type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"
import * as FieldValidation from "./FieldValidation.ts"

/** Returns why a spec is invalid; `undefined` when it satisfies the rule. */
type Rule = (spec: SeiNodeSpec) => Reconciler.PlanRejected | undefined

/** Fails with the first invalid field. Every spec has passed the schema before, which bounds single fields. */
export const validate = (spec: SeiNodeSpec): Result.Result<void, Reconciler.PlanRejected> => {
  for (const rule of RULES) {
    const rejection = rule(spec)
    if (rejection !== undefined) return Result.fail(rejection)
  }
  return Result.void
}

const rejectIf = (isInvalid: boolean, field: string, message: string): Reconciler.PlanRejected | undefined =>
  isInvalid ? new Reconciler.PlanRejected({ field, message }) : undefined

const oneMode: Rule = (spec) =>
  rejectIf(
    MODES.filter((candidate) => spec[candidate] !== undefined).length !== 1,
    "spec",
    `must set exactly one mode: ${MODES.join(", ")}`
  )

/** A bootstrap ends at the height of the snapshot. A genesis ceremony ignores the snapshot. */
const bootstrapHasHeight: Rule = (spec) => {
  const source = spec.validator?.genesisCeremony === undefined ? snapshotSource(spec) : undefined
  return rejectIf(
    Boolean(source?.bootstrapImage) && source?.s3 === undefined,
    `spec.${mode(spec)}.snapshot.bootstrapImage`,
    "requires snapshot.s3"
  )
}

const snapshotGenerationIsComplete =
  (chosen: "fullNode" | "archive"): Rule =>
  (spec) => {
    const generation = spec[chosen]?.snapshotGeneration
    const field = `spec.${chosen}.snapshotGeneration`
    return (
      rejectIf(
        generation !== undefined && generation.tendermint === undefined,
        field,
        "must set tendermint, or be removed"
      ) ??
      rejectIf(
        generation?.tendermint?.publish !== undefined && generation.tendermint.keepRecent < 2,
        `${field}.tendermint.keepRecent`,
        "must be at least 2 when publish is set: one snapshot is served while the next one is generated"
      )
    )
  }

const replayerHasHeight: Rule = ({ replayer }) =>
  rejectIf(
    replayer !== undefined && replayer.snapshot.s3 === undefined,
    "spec.replayer.snapshot.s3",
    "must be set: a replayer starts at the height of a snapshot"
  )

const replayerHasPeers: Rule = ({ peers = [], replayer }) =>
  rejectIf(replayer !== undefined && peers.length === 0, "spec.peers", "must not be empty when replayer is set")

const resultExportIsComplete: Rule = ({ replayer }) =>
  rejectIf(
    replayer?.resultExport !== undefined && replayer.resultExport.shadowResult === undefined,
    "spec.replayer.resultExport",
    "must set shadowResult, or be removed"
  )

const ceremonyHasNoSigningKey: Rule = ({ validator }) =>
  rejectIf(
    validator?.genesisCeremony !== undefined && validator.signingKey !== undefined,
    "spec.validator.signingKey",
    "must not be set together with genesisCeremony, which generates the key"
  )

const keyHasSecret =
  (key: "signingKey" | "nodeKey"): Rule =>
  ({ validator }) =>
    rejectIf(
      validator?.[key] !== undefined && validator[key].secret === undefined,
      `spec.validator.${key}.secret`,
      "must be set"
    )

const isSetWith =
  (key: "signingKey" | "nodeKey", other: "signingKey" | "nodeKey"): Rule =>
  ({ validator }) =>
    rejectIf(
      validator?.[other] !== undefined && validator[key] === undefined,
      `spec.validator.${key}`,
      `must be set together with ${other}`
    )

/** A validator references every Secret once, so that a mount of one key exposes no other. */
const secretsAreDistinct: Rule = ({ validator }) => {
  const keyring = validator?.operatorKeyring?.secret
  const references = [
    ["signingKey.secret", validator?.signingKey?.secret?.secretName],
    ["nodeKey.secret", validator?.nodeKey?.secret?.secretName],
    ["operatorKeyring.secret", keyring?.secretName],
    ["operatorKeyring.secret.passphraseSecretRef", keyring?.passphraseSecretRef.secretName]
  ] as const
  const set = references.filter(([, name]) => name !== undefined)
  const [field, name] = set.find(([, name], index) => set.findIndex(([, other]) => other === name) < index) ?? []
  return rejectIf(
    field !== undefined,
    `spec.validator.${field}.secretName`,
    `must not be "${name}", which the spec references already`
  )
}

const seedHasNodeKey: Rule = ({ seed }) =>
  rejectIf(seed !== undefined && seed.nodeKey.secret === undefined, "spec.seed.nodeKey.secret", "must be set")

/** In order: the first rejection is reported. */
const RULES: ReadonlyArray<Rule> = [
  oneMode,
  snapshotGenerationIsComplete("fullNode"),
  snapshotGenerationIsComplete("archive"),
  replayerHasHeight,
  replayerHasPeers,
  resultExportIsComplete,
  ceremonyHasNoSigningKey,
  keyHasSecret("signingKey"),
  keyHasSecret("nodeKey"),
  isSetWith("nodeKey", "signingKey"),
  isSetWith("signingKey", "nodeKey"),
  secretsAreDistinct,
  bootstrapHasHeight,
  seedHasNodeKey,
  FieldValidation.validate
]
