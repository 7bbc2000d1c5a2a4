/** The registry of state syncers: `stateSync.syncers` of the platform's file, where people edit it while we run. */
import * as Fs from "node:fs"
import { Platform, SyncerRegistry } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readYaml } from "./AppConfig.ts"

/** Reads the file at every question. No path, no file and no entry are all the same: nobody is registered. */
export const layer = (path: string): Layer.Layer<SyncerRegistry.SyncerRegistry> =>
  Layer.succeed(SyncerRegistry.SyncerRegistry, {
    entries: (chainId) => (path === "" ? Effect.succeed([]) : entries(path, chainId))
  })

const entries = (path: string, chainId: string) =>
  readYaml(path).pipe(
    Effect.mapError(({ message }) => message),
    Effect.flatMap((content) =>
      Effect.mapError(Effect.fromResult(Platform.syncers(content, chainId)), ({ message }) => `${path}: ${message}`)
    ),
    Effect.mapError((message) => new SyncerRegistry.RegistryUnreadable({ message }))
  )

const INTERVAL = "5 seconds"

/**
 * Runs an effect after every change of the file's text, within five seconds, until the scope closes. Asks for the text
 * instead of waiting for events: a ConfigMap is swapped by a link three folders up, which tells nobody.
 */
export const onChange = <R>(path: string, effect: Effect.Effect<void, never, R>) =>
  Effect.gen(function* () {
    let known = textOf(path)
    const look = Effect.suspend(() => {
      const before = known
      known = textOf(path)
      return known === before ? Effect.void : effect
    })
    if (path !== "") yield* Effect.forkScoped(Effect.forever(Effect.delay(look, INTERVAL)))
  })

/** Empty also when there is none. */
const textOf = (path: string): string => {
  try {
    return Fs.readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
