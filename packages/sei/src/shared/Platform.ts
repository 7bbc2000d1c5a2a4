/** What every node of one cluster shares: pools, storage classes, buckets, images. Read from a file at start. */
import { ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Quantity from "./Quantity.ts"

/** Roles that may have their own resources. */
const ROLES = ["validator", "node", "replayer", "archive", "seed"] as const
export type Role = (typeof ROLES)[number]

/** A quantity that overrides a default; empty means the default. */
export interface ResourceOverride {
  readonly cpuRequest: string
  readonly memory: string
}

/** Values of a checked configuration. Optional ones are empty when absent, except `sizeSeed`. */
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

/** The configuration cannot be used. Each problem names its key, as in the file, or its environment variable. */
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
 * Checks a configuration file's content and the environment. Keys we do not know are ignored; every missing or wrong one
 * is named, in the order of the file.
 */
export const decode = (
  file: Schema.Json,
  env: { readonly [name: string]: string | undefined }
): Result.Result<Platform, PlatformInvalid> => {
  const at = (path: string): string => valueAt(file, path)
  const quantities = [
    ...SIZES,
    ...ROLES.flatMap((role) => [`resources.${role}.cpuRequest`, `resources.${role}.memory`])
  ]
  const problems = [
    ...REQUIRED.filter((path) => at(path) === "").map((path) => `${path} is required`),
    ...REQUIRED_ENV.filter((name) => (env[name] ?? "").trim() === "").map((name) => `${name} is required`),
    ...quantities
      .filter((path) => at(path) !== "" && Option.isNone(Quantity.parse(at(path))))
      .map((path) => `${path}: invalid quantity ${JSON.stringify(at(path))}`)
  ]
  return problems.length > 0 ? Result.fail(new PlatformInvalid({ problems })) : Result.succeed(platformOf(at))
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
 * The state syncers that a configuration file registers for a chain; none when it has no registry or no such chain.
 * The one part of the file that may change while a controller runs.
 */
export const syncers = (file: Schema.Json, chainId: string): Result.Result<ReadonlyArray<string>, PlatformInvalid> =>
  decodeRegistry(file).pipe(
    Result.map((found) => found?.stateSync?.syncers?.[chainId] ?? []),
    Result.mapError(({ message }) => new PlatformInvalid({ problems: [message.replace(/\s+/gu, " ")] }))
  )

const platformOf = (at: (path: string) => string): Platform => {
  const override = (role: Role): ResourceOverride => ({
    cpuRequest: at(`resources.${role}.cpuRequest`),
    memory: at(`resources.${role}.memory`)
  })
  return {
    scheduling: {
      nodepoolName: at("scheduling.nodepoolName"),
      nodepoolArchive: at("scheduling.nodepoolArchive"),
      nodepoolValidator: at("scheduling.nodepoolValidator"),
      nodepoolSeed: at("scheduling.nodepoolSeed"),
      tolerationKey: at("scheduling.tolerationKey"),
      serviceAccount: at("scheduling.serviceAccount")
    },
    storage: {
      classPerf: at("storage.classPerf"),
      classDefault: at("storage.classDefault"),
      classArchive: at("storage.classArchive"),
      sizeDefault: at("storage.sizeDefault"),
      sizeArchive: at("storage.sizeArchive"),
      sizeSeed: at("storage.sizeSeed") || "20Gi"
    },
    resources: {
      validator: override("validator"),
      node: override("node"),
      replayer: override("replayer"),
      archive: override("archive"),
      seed: override("seed")
    },
    snapshot: { bucket: at("snapshot.bucket"), region: at("snapshot.region") },
    genesis: { bucket: at("genesis.bucket"), region: at("genesis.region") },
    images: {
      sidecar: at("images.sidecar"),
      kubeRBACProxy: at("images.kubeRBACProxy"),
      cosmosExporter: at("images.cosmosExporter")
    }
  }
}

/** The trimmed text at a dotted path; a number reads as its text, anything else as empty. */
const valueAt = (file: Schema.Json, path: string): string => {
  const value = path
    .split(".")
    .reduce<Schema.Json | undefined>((node, key) => (ObjectMeta.isJsonObject(node) ? node[key] : undefined), file)
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : ""
}
