/** What a controller process is told by its flags and its environment, checked before anything starts. */
import * as Fs from "node:fs"
import { Platform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"

/** A configuration that cannot be used. The message names the file or flag, and the key. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", { message: Schema.String }) {}

/** Where to listen; no host means every interface. */
export interface Address {
  readonly host: string | undefined
  readonly port: number
}

type Environment = { readonly [name: string]: string | undefined }

/** `:8081` or `127.0.0.1:8081`; `0` means not at all. */
export const parseAddress = (flag: string, text: string): Effect.Effect<Address | undefined, ConfigInvalid> => {
  if (text === "0") return Effect.succeed(undefined)
  const found = /^(.*):(\d{1,5})$/u.exec(text)
  const port = Number(found?.[2])
  return found === null || port > 65_535
    ? Effect.fail(new ConfigInvalid({ message: `--${flag}: ${JSON.stringify(text)} is not host:port` }))
    : Effect.succeed({ host: found[1] === "" ? undefined : found[1], port })
}

/** Where the platform is written; empty when the environment does not say. */
export const platformFile = (env: Environment): string => (env.SEI_CONTROLLER_CONFIG ?? "").trim()

/**
 * The platform from the YAML file that `SEI_CONTROLLER_CONFIG` names. A missing file counts as an empty one, and then
 * every required key is reported at once.
 */
export const loadPlatform = (env: Environment): Effect.Effect<Platform.Platform, ConfigInvalid> =>
  Effect.gen(function* () {
    const path = platformFile(env)
    const content = path === "" ? {} : yield* readYaml(path)
    const at = path === "" ? "SEI_CONTROLLER_CONFIG (not set)" : path
    return yield* Effect.fromResult(Platform.decode(content, env)).pipe(
      Effect.mapError(({ message }) => new ConfigInvalid({ message: `${at}: ${message}` }))
    )
  })

const isJson = Schema.is(Schema.Json)

/** The content of a YAML file; a file that does not exist counts as an empty one. */
export const readYaml = (path: string): Effect.Effect<Schema.Json, ConfigInvalid> =>
  Effect.try({
    try: () => (Fs.existsSync(path) ? Yaml.parse(Fs.readFileSync(path, "utf8")) : {}),
    catch: (cause) => new ConfigInvalid({ message: `${path}: ${firstLine(cause)}` })
  }).pipe(Effect.filterOrFail(isJson, () => new ConfigInvalid({ message: `${path}: is not a configuration` })))

/** What went wrong and where; the excerpt that follows is for larger screens. */
const firstLine = (cause: unknown): string => {
  const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n")
  return line.replace(/:$/u, "")
}
