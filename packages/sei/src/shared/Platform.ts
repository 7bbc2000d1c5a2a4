/**
 * Configuration that every SeiNode of a cluster shares: node pools, storage classes, buckets, images. Read at start.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Quantity from "./Quantity.ts"
import { at } from "./Unstructured.ts"

/** Roles whose compute resources can be overridden. */
const ROLES = ["validator", "node", "replayer", "archive", "seed"] as const
export type Role = (typeof ROLES)[number]

/** Quantities that replace the defaults of a mode; an empty one does not. */
export interface ResourceOverride {
  readonly cpuRequest: string
  readonly memory: string
}

/** A validated configuration. An optional value that is absent is empty, except `sizeSeed`, which has a default. */
export interface Platform {
  readonly scheduling: {
    readonly nodepoolName: string
    readonly nodepoolArchive: string
    readonly nodepoolValidator: string
    readonly nodepoolSeed: string
    readonly tolerationKey: string
    readonly serviceAccount: string
  }
  readonly storage: {
    readonly classPerf: string
    readonly classDefault: string
    readonly classArchive: string
    readonly sizeDefault: string
    readonly sizeArchive: string
    readonly sizeSeed: string
  }
  readonly resources: { readonly [R in Role]: ResourceOverride }
  readonly snapshot: { readonly bucket: string; readonly region: string }
  readonly genesis: { readonly bucket: string; readonly region: string }
  readonly images: { readonly sidecar: string; readonly kubeRBACProxy: string; readonly cosmosExporter: string }
}

/** The configuration is invalid. Each problem names the key of the file or the environment variable at fault. */
export class PlatformInvalid extends Schema.TaggedError<PlatformInvalid>()("PlatformInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("; ")
  }
}

const REQUIRED = [
  ...["nodepoolName", "nodepoolArchive", "nodepoolValidator", "nodepoolSeed", "tolerationKey", "serviceAccount"].map(
    (key) => `scheduling.${key}`
  ),
  ...["classPerf", "classDefault", "classArchive", "sizeDefault", "sizeArchive"].map((key) => `storage.${key}`),
  ...["bucket", "region"].map((key) => `snapshot.${key}`),
  ...["bucket", "region", "prefix"].map((key) => `resultExport.${key}`),
  ...["bucket", "region"].map((key) => `genesis.${key}`),
  ...["sidecar", "kubeRBACProxy", "cosmosExporter"].map((key) => `images.${key}`)
]
const REQUIRED_ENV = ["SEI_GATEWAY_NAME", "SEI_GATEWAY_NAMESPACE", "SEI_GATEWAY_DOMAIN"]
const SIZES = ["storage.sizeDefault", "storage.sizeArchive", "storage.sizeSeed"]

/**
 * Validates the content of a configuration file and the environment. Unknown keys are ignored. A failure lists every
 * missing and every invalid key, in the order of the file.
 */
export const decode = (
  file: Schema.Json,
  env: { readonly [name: string]: string | undefined }
): Result.Result<Platform, PlatformInvalid> => {
  const value = (path: string): string => valueAt(file, path)
  const quantities = [
    ...SIZES,
    ...ROLES.flatMap((role) => [`resources.${role}.cpuRequest`, `resources.${role}.memory`])
  ]
  const problems = [
    ...REQUIRED.filter((path) => value(path) === "").map((path) => `${path} is required`),
    ...REQUIRED_ENV.filter((name) => (env[name] ?? "").trim() === "").map((name) => `${name} is required`),
    ...quantities
      .filter((path) => value(path) !== "" && Option.isNone(Quantity.parse(value(path))))
      .map((path) => `${path}: invalid quantity ${JSON.stringify(value(path))}`)
  ]
  return problems.length > 0 ? Result.fail(new PlatformInvalid({ problems })) : Result.succeed(fromValues(value))
}

const Registry = Schema.NullOr(
  Schema.Struct({
    stateSync: Schema.optionalKey(
      Schema.NullOr(
        Schema.Struct({
          syncers: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Array(Schema.String))))
        })
      )
    )
  })
)
const decodeRegistry = Schema.decodeUnknownResult(Registry)

/**
 * The state syncers of a chain in a configuration file; empty when the file lists none for it. This is the only part
 * of the file that may change while the controller runs, so it is decoded apart from the rest.
 */
export const syncers = (file: Schema.Json, chainId: string): Result.Result<ReadonlyArray<string>, PlatformInvalid> =>
  decodeRegistry(file).pipe(
    Result.map((registry) => registry?.stateSync?.syncers?.[chainId] ?? []),
    Result.mapError(({ message }) => new PlatformInvalid({ problems: [message.replace(/\s+/gu, " ")] }))
  )

const fromValues = (value: (path: string) => string): Platform => {
  const override = (role: Role): ResourceOverride => ({
    cpuRequest: value(`resources.${role}.cpuRequest`),
    memory: value(`resources.${role}.memory`)
  })
  return {
    scheduling: {
      nodepoolName: value("scheduling.nodepoolName"),
      nodepoolArchive: value("scheduling.nodepoolArchive"),
      nodepoolValidator: value("scheduling.nodepoolValidator"),
      nodepoolSeed: value("scheduling.nodepoolSeed"),
      tolerationKey: value("scheduling.tolerationKey"),
      serviceAccount: value("scheduling.serviceAccount")
    },
    storage: {
      classPerf: value("storage.classPerf"),
      classDefault: value("storage.classDefault"),
      classArchive: value("storage.classArchive"),
      sizeDefault: value("storage.sizeDefault"),
      sizeArchive: value("storage.sizeArchive"),
      sizeSeed: value("storage.sizeSeed") || "20Gi"
    },
    resources: {
      validator: override("validator"),
      node: override("node"),
      replayer: override("replayer"),
      archive: override("archive"),
      seed: override("seed")
    },
    snapshot: { bucket: value("snapshot.bucket"), region: value("snapshot.region") },
    genesis: { bucket: value("genesis.bucket"), region: value("genesis.region") },
    images: {
      sidecar: value("images.sidecar"),
      kubeRBACProxy: value("images.kubeRBACProxy"),
      cosmosExporter: value("images.cosmosExporter")
    }
  }
}

/** The trimmed text at a dotted path. A number is read as text; anything else is empty. */
const valueAt = (file: Schema.Json, path: string): string => {
  const value = at(file, ...path.split("."))
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : ""
}
