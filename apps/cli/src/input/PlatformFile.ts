/** Reads the platform configuration that a dry run plans with. */
import { Platform, SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import { CommandFailed } from "./Problem.ts"

/** Required by a controller; no plan depends on them. */
const GATEWAY = { SEI_GATEWAY_NAME: "-", SEI_GATEWAY_NAMESPACE: "-", SEI_GATEWAY_DOMAIN: "-" }

interface PlatformSource {
  readonly platform: Platform.Platform
  /** The state syncers of a chain. */
  readonly syncers: (chainId: string) => ReadonlyArray<string>
  /** Where the configuration comes from, for people. */
  readonly source: string
}

const sample: PlatformSource = {
  platform: SamplePlatform.sample,
  syncers: () => ["syncer-0.example.dev:26657", "syncer-1.example.dev:26657"],
  source: "built-in sample with two state syncers for every chain (use --platform FILE for your own)"
}

/** Reads a platform file; the empty path stands for the built-in sample. Fails with every missing or invalid key. */
export const read = Effect.fnUntraced(function* (path: string) {
  if (path === "") return sample
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(Effect.mapError(() => new CommandFailed({ message: `${path}: file cannot be read` })))
  const content = yield* Effect.try({
    try: (): unknown => Yaml.parse(text),
    catch: (cause) => new CommandFailed({ message: `${path}: invalid YAML: ${firstLine(cause)}` })
  })
  const json = Schema.is(Schema.Json)(content) ? content : {}
  const orFail = <A>(result: Result.Result<A, { readonly message: string }>) =>
    Effect.mapError(Effect.fromResult(result), ({ message }) => new CommandFailed({ message: `${path}: ${message}` }))
  const platform = yield* orFail(Platform.decode(json, GATEWAY))
  yield* orFail(Platform.syncers(json, ""))
  const syncers = (chainId: string) => Result.getOrElse(Platform.syncers(json, chainId), () => [])
  return { platform, source: path, syncers } satisfies PlatformSource
})

/** The message of a YAML error without the source excerpt that follows it. */
const firstLine = (cause: unknown): string => {
  const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n")
  return line.replace(/:$/u, "")
}
