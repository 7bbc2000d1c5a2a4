/** The state syncer registry: `stateSync.syncers` of the platform file, which may change while the controller runs. */
import * as Fs from "node:fs"
import { Platform, SyncerRegistry } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { readYaml } from "./AppConfig.ts"

/** Reads the file on every call. Without a path, a file, or an entry for the chain, the registry is empty. */
export const layer = (path: string): Layer.Layer<SyncerRegistry.SyncerRegistry> =>
  Layer.succeed(SyncerRegistry.SyncerRegistry, {
    entries: (chainId) => entries(path, chainId)
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
 * Runs an effect within five seconds after each change of the file's content, until the scope closes. Polls, because
 * the kubelet updates a mounted ConfigMap by swapping a symbolic link above the file, which causes no event on the file.
 */
export const onChange = <R>(path: string, effect: Effect.Effect<void, never, R>) =>
  Effect.gen(function* () {
    if (path === "") return
    let current = contentOf(path)
    const check = Effect.suspend(() => {
      const previous = current
      current = contentOf(path)
      return current === previous ? Effect.void : effect
    })
    yield* Effect.forkScoped(Effect.schedule(check, Schedule.spaced(INTERVAL)))
  })

/** The file's content; empty when it does not exist. */
const contentOf = (path: string): string => {
  try {
    return Fs.readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
