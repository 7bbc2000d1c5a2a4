/** The platform that a dry run plans for. */
import { Platform, SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import { CannotPlan } from "./Problem.ts"

/** A controller needs these; a plan does not depend on them. */
const GATEWAY = { SEI_GATEWAY_NAME: "-", SEI_GATEWAY_NAMESPACE: "-", SEI_GATEWAY_DOMAIN: "-" }

interface Given {
  readonly platform: Platform.Platform
  /** The state syncers of a chain. */
  readonly syncers: (chainId: string) => ReadonlyArray<string>
  /** Where it comes from, for people. */
  readonly source: string
}

const sample: Given = {
  platform: SamplePlatform.sample,
  syncers: () => ["syncer-0.example.dev:26657", "syncer-1.example.dev:26657"],
  source: "a built-in sample, which has two state syncers for every chain; name your own with --platform FILE"
}

/** The file that is named, or the built-in sample. Fails with the file and every key that is missing or wrong. */
export const read = Effect.fnUntraced(function* (path: string) {
  if (path === "") return sample
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(Effect.mapError(() => new CannotPlan({ message: `${path}: cannot be read` })))
  const content = yield* Effect.try({
    try: (): unknown => Yaml.parse(text),
    catch: (cause) => new CannotPlan({ message: `${path}: is not valid YAML: ${firstLine(cause)}` })
  })
  const json = Schema.is(Schema.Json)(content) ? content : {}
  const platform = yield* Effect.fromResult(Platform.decode(json, GATEWAY)).pipe(
    Effect.mapError(({ message }) => new CannotPlan({ message: `${path}: ${message}` }))
  )
  const syncers = (chainId: string) => Result.getOrElse(Platform.syncers(json, chainId), () => [])
  yield* Effect.fromResult(Platform.syncers(json, "")).pipe(
    Effect.mapError(({ message }) => new CannotPlan({ message: `${path}: ${message}` }))
  )
  return { platform, source: path, syncers } satisfies Given
})

/** What went wrong and where; the excerpt that follows is for larger screens. */
const firstLine = (cause: unknown): string => {
  const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n")
  return line.replace(/:$/u, "")
}
