/**
 * Watches objects that other objects reference by name, each with a reflector of its own that selects
 * `metadata.name`. An object is watched while at least one cached object references it.
 *
 * This is for kinds that a controller should not cache in full. A controller that reads a few Secrets needs neither a
 * cluster-wide Secret cache nor the permission to list all Secrets.
 */
import { ObjectMeta, Watches } from "@portolan/planner"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Client } from "../client/Client.ts"
import * as Reflector from "./Reflector.ts"
import type { StoreChange } from "./Store.ts"
import type { OnChange } from "./StoreIndex.ts"
import type * as Watcher from "./Watcher.ts"

export interface Options {
  /** True for kinds that another reflector caches in full. Their objects get no reflector of their own. */
  readonly isListed: (kind: ObjectMeta.ObjectKind) => boolean
  readonly timing: Watcher.Timing
  readonly notify: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
}

export interface ReferenceWatches {
  /** The callback for the store of a kind, which adds and removes the references of its objects. */
  readonly onChange: (kind: ObjectMeta.ObjectKind, references: ReadonlyArray<Watches.References>) => OnChange
  /** `undefined` when no object references this one, or when its kind is cached in full. */
  readonly reflector: (key: ObjectMeta.ObjectKey) => Reflector.Reflector | undefined
  /** The objects that reference this one. */
  readonly referrers: (key: ObjectMeta.ObjectKey) => ReadonlyArray<ObjectMeta.ObjectKey>
}

interface Target {
  readonly referrers: Map<string, ObjectMeta.ObjectKey>
  readonly reflector: Reflector.Reflector | undefined
  readonly close: () => void
}

/**
 * Watches until the scope closes.
 *
 * The objects of the first list are not reported, because `get` waits for that list: no reader has seen a state before
 * it. Reflectors run outside of the fiber that added the reference, which may be in a reconcile.
 */
export const make = ({
  isListed,
  notify,
  timing
}: Options): Effect.Effect<ReferenceWatches, never, Client | Scope.Scope> =>
  Effect.map(FiberSet.makeRuntime<Client>(), (fork) => {
    const targets = new Map<string, Target>()
    const startWatch = (key: ObjectMeta.ObjectKey): Omit<Target, "referrers"> => {
      if (isListed(key.kind)) return { reflector: undefined, close: () => undefined }
      const { kind, name, namespace } = key
      const reflector = Reflector.make(kind, { namespace, name })
      const notifyAfterSync = (changes: ReadonlyArray<StoreChange>) =>
        Deferred.isDoneUnsafe(reflector.synced) ? notify(changes) : Effect.void
      const fiber = fork(Effect.andThen(Effect.yieldNow, Reflector.run(reflector, timing, notifyAfterSync)))
      const close = () => {
        fiber.interruptUnsafe()
        const unreferenced = new Error(`${ObjectMeta.keyText(key)} is not cached: no object references it any more`)
        Deferred.doneUnsafe(reflector.synced, Exit.die(unreferenced))
      }
      return { reflector, close }
    }
    const addReference = (key: ObjectMeta.ObjectKey, referrer: ObjectMeta.ObjectKey) => {
      const target = targets.get(ObjectMeta.identityText(key)) ?? { referrers: new Map(), ...startWatch(key) }
      target.referrers.set(ObjectMeta.identityText(referrer), referrer)
      targets.set(ObjectMeta.identityText(key), target)
    }
    const removeReference = (key: ObjectMeta.ObjectKey, referrer: ObjectMeta.ObjectKey) => {
      const target = targets.get(ObjectMeta.identityText(key))
      target?.referrers.delete(ObjectMeta.identityText(referrer))
      if (target === undefined || target.referrers.size > 0) return
      targets.delete(ObjectMeta.identityText(key))
      target.close()
    }
    return {
      onChange: (kind, references) => (object, previous) => {
        const added = referencesOf(kind, references, object)
        const kept = new Set(added.map(({ key }) => ObjectMeta.identityText(key)))
        for (const { key, referrer } of added) addReference(key, referrer)
        for (const { key, referrer } of referencesOf(kind, references, previous)) {
          if (!kept.has(ObjectMeta.identityText(key))) removeReference(key, referrer)
        }
      },
      reflector: (key) => targets.get(ObjectMeta.identityText(key))?.reflector,
      referrers: (key) => [...(targets.get(ObjectMeta.identityText(key))?.referrers.values() ?? [])]
    }
  })

const referencesOf = (
  kind: ObjectMeta.ObjectKind,
  references: ReadonlyArray<Watches.References>,
  object: ObjectMeta.KubernetesObject | undefined
) => {
  if (object === undefined) return []
  const referrer = ObjectMeta.keyOf(kind, object)
  return Watches.referencesOf(references, object).map((key) => ({ key, referrer }))
}
