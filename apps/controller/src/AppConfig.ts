/** Configuration of the controller process, decoded from its flags and environment before anything starts. */
import * as Fs from "node:fs"
import { Platform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"

/** The configuration cannot be used. The message names the file or flag, and the key. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", { message: Schema.String }) {}

/** A listen address; `host: undefined` means every interface. */
export interface Address {
  readonly host: string | undefined
  readonly port: number
}

export type Environment = { readonly [name: string]: string | undefined }

/** Parses a bind address as controller-runtime does: `:8081` or `127.0.0.1:8081`; `0` disables the listener. */
export const parseAddress = (flag: string, text: string): Effect.Effect<Address | undefined, ConfigInvalid> => {
  if (text === "0") return Effect.succeed(undefined)
  const match = /^(.*):(\d{1,5})$/u.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    const message = `--${flag}: invalid value ${JSON.stringify(text)}: must be host:port, :port, or 0 to disable`
    return Effect.fail(new ConfigInvalid({ message }))
  }
  return Effect.succeed({ host: match[1] === "" ? undefined : match[1], port })
}

/** Path of the platform file, from `SEI_CONTROLLER_CONFIG`; empty when the variable is not set. */
export const platformFile = (env: Environment): string => (env.SEI_CONTROLLER_CONFIG ?? "").trim()

/**
 * Reads the platform from the YAML file that `SEI_CONTROLLER_CONFIG` names. A missing file, or none, is read as an empty one,
 * so that the error lists every required key at once.
 */
export const loadPlatform = (env: Environment): Effect.Effect<Platform.Platform, ConfigInvalid> =>
  Effect.gen(function* () {
    const path = platformFile(env)
    return yield* Effect.fromResult(Platform.decode(yield* readYaml(path), env)).pipe(
      Effect.mapError(({ message }) => new ConfigInvalid({ message: `${sourceOf(path)}: ${message}` }))
    )
  })

const sourceOf = (path: string): string => {
  if (path === "") return "SEI_CONTROLLER_CONFIG (not set)"
  return Fs.existsSync(path) ? path : `${path} (file not found)`
}

const isJson = Schema.is(Schema.Json)

/** Parses a YAML file. A missing file, and the empty path, are read as an empty one. */
export const readYaml = (path: string): Effect.Effect<Schema.Json, ConfigInvalid> =>
  Effect.try({
    try: () => (Fs.existsSync(path) ? Yaml.parse(Fs.readFileSync(path, "utf8")) : {}),
    catch: (cause) => new ConfigInvalid({ message: `${path}: ${firstLine(cause)}` })
  }).pipe(
    Effect.filterOrFail(isJson, () => new ConfigInvalid({ message: `${path}: contains values that JSON cannot hold` }))
  )

/** The message of a YAML error without the source excerpt that follows it. */
const firstLine = (cause: unknown): string => {
  const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n")
  return line.replace(/:$/u, "")
}
