/**
 * Objects that others refer to by name. Each is watched by itself, from when the first object refers to it until none
 * does any more: a process knows the few that it needs of kinds that it must not hold whole, such as Secrets.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Client } from "../client/Client.ts"
import * as Reflector from "./Reflector.ts"
import { isSame, type StoreChange } from "./Store.ts"
import type { Changed } from "./StoreIndex.ts"
import type * as Watcher from "./Watcher.ts"

/** Which objects an object refers to. */
export interface References {
  readonly kinds: ReadonlyArray<ObjectMeta.ObjectKind>
  /** Asked with every state of an object; it must not fail. Keys of other kinds count for nothing. */
  readonly of: (object: ObjectMeta.KubernetesObject) => ReadonlyArray<ObjectMeta.ObjectKey>
}

export interface Options {
  /** True for kinds that are watched as a whole: their objects need no watch of their own. */
  readonly isListed: (kind: ObjectMeta.ObjectKind) => boolean
  readonly timing: Watcher.Timing
  readonly notify: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
}

export interface ReferenceWatches {
  /** What keeps count of the references that objects of a kind make. */
  readonly tracking: (kind: ObjectMeta.ObjectKind, references: ReadonlyArray<References>) => Changed
  /** `undefined` when nothing refers to the object, or when it has no watch of its own. */
  readonly reflector: (key: ObjectMeta.ObjectKey) => Reflector.Reflector | undefined
  /** The objects that refer to one. */
  readonly referrers: (key: ObjectMeta.ObjectKey) => ReadonlyArray<ObjectMeta.ObjectKey>
}

interface Entry {
  readonly referrers: Map<string, ObjectMeta.ObjectKey>
  readonly reflector: Reflector.Reflector | undefined
  readonly close: () => void
}

/**
 * Follows until the scope closes. Watches have nothing of the fiber that brought the reference, which may be a turn's.
 *
 * What is there when a watch begins is no news: nobody can have read it before.
 */
export const make = ({
  isListed,
  notify,
  timing
}: Options): Effect.Effect<ReferenceWatches, never, Client | Scope.Scope> =>
  Effect.map(FiberSet.makeRuntime<Client>(), (run) => {
    const entries = new Map<string, Entry>()
    const follow = (key: ObjectMeta.ObjectKey): Omit<Entry, "referrers"> => {
      if (isListed(key.kind)) return { reflector: undefined, close: () => undefined }
      const { kind, name, namespace } = key
      const reflector = Reflector.make(kind, { namespace, name })
      const received = (changes: ReadonlyArray<StoreChange>) =>
        Deferred.isDoneUnsafe(reflector.synced) ? notify(changes) : Effect.void
      const fiber = run(Effect.andThen(Effect.yieldNow, Reflector.run(reflector, timing, received)))
      const close = () => {
        fiber.interruptUnsafe()
        const unread = new Error(`nobody refers to ${ObjectMeta.keyText(key)} any more`)
        Deferred.doneUnsafe(reflector.synced, Exit.die(unread))
      }
      return { reflector, close }
    }
    const refer = (key: ObjectMeta.ObjectKey, referrer: ObjectMeta.ObjectKey) => {
      const known = entries.get(textOf(key)) ?? { referrers: new Map(), ...follow(key) }
      known.referrers.set(textOf(referrer), referrer)
      entries.set(textOf(key), known)
    }
    const forget = (key: ObjectMeta.ObjectKey, referrer: ObjectMeta.ObjectKey) => {
      const known = entries.get(textOf(key))
      known?.referrers.delete(textOf(referrer))
      if (known === undefined || known.referrers.size > 0) return
      entries.delete(textOf(key))
      known.close()
    }
    return {
      tracking: (kind, references) => (object, previous) => {
        const now = madeBy(kind, references, object)
        const kept = new Set(now.map(({ key }) => textOf(key)))
        for (const { by, key } of now) refer(key, by)
        for (const { by, key } of madeBy(kind, references, previous)) if (!kept.has(textOf(key))) forget(key, by)
      },
      reflector: (key) => entries.get(textOf(key))?.reflector,
      referrers: (key) => [...(entries.get(textOf(key))?.referrers.values() ?? [])]
    }
  })

/** The references of one object, if there is one. */
const madeBy = (
  kind: ObjectMeta.ObjectKind,
  references: ReadonlyArray<References>,
  object: ObjectMeta.KubernetesObject | undefined
) => {
  if (object === undefined) return []
  const by = ObjectMeta.keyOf(kind, object)
  return references
    .flatMap(({ kinds, of }) => of(object).filter((key) => kinds.some((each) => isSame(each, key.kind))))
    .map((key) => ({ key, by }))
}

const textOf = ({ kind, name, namespace }: ObjectMeta.ObjectKey): string =>
  `${kind.apiVersion}/${kind.plural} ${namespace}/${name}`
