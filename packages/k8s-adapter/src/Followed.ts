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
import type { Client } from "./Client.ts"
import type * as Informer from "./Informer.ts"
import { isSame, type News } from "./Shelf.ts"
import type { Changed } from "./ShelfIndex.ts"
import * as Stock from "./Stock.ts"

/** Which objects an object refers to. */
export interface References {
  readonly kinds: ReadonlyArray<ObjectMeta.ObjectKind>
  /** Asked with every state of an object; it must not fail. Keys of other kinds count for nothing. */
  readonly of: (object: ObjectMeta.KubernetesObject) => ReadonlyArray<ObjectMeta.ObjectKey>
}

export interface Options {
  /** True for kinds that are watched as a whole: their objects need no watch of their own. */
  readonly isWhole: (kind: ObjectMeta.ObjectKind) => boolean
  readonly timing: Informer.Timing
  readonly tell: (news: ReadonlyArray<News>) => Effect.Effect<void>
}

export interface Followed {
  /** What keeps count of the references that objects of a kind make. */
  readonly counting: (kind: ObjectMeta.ObjectKind, references: ReadonlyArray<References>) => Changed
  /** `undefined` when nothing refers to the object, or when it has no watch of its own. */
  readonly stock: (key: ObjectMeta.ObjectKey) => Stock.Stock | undefined
  /** The objects that refer to one. */
  readonly referrers: (key: ObjectMeta.ObjectKey) => ReadonlyArray<ObjectMeta.ObjectKey>
}

interface Entry {
  readonly referrers: Map<string, ObjectMeta.ObjectKey>
  readonly stock: Stock.Stock | undefined
  readonly close: () => void
}

/**
 * Follows until the scope closes. Watches have nothing of the fiber that brought the reference, which may be a turn's.
 *
 * What is there when a watch begins is no news: nobody can have read it before.
 */
export const make = ({ isWhole, tell, timing }: Options): Effect.Effect<Followed, never, Client | Scope.Scope> =>
  Effect.map(FiberSet.makeRuntime<Client>(), (run) => {
    const entries = new Map<string, Entry>()
    const follow = (key: ObjectMeta.ObjectKey): Omit<Entry, "referrers"> => {
      if (isWhole(key.kind)) return { stock: undefined, close: () => undefined }
      const { kind, name, namespace } = key
      const stock = Stock.make(kind, { namespace, name })
      const heard = (news: ReadonlyArray<News>) => (Deferred.isDoneUnsafe(stock.synced) ? tell(news) : Effect.void)
      const fiber = run(Effect.andThen(Effect.yieldNow, Stock.feed(stock, timing, heard)))
      const close = () => {
        fiber.interruptUnsafe()
        const unread = new Error(`nobody refers to ${ObjectMeta.keyText(key)} any more`)
        Deferred.doneUnsafe(stock.synced, Exit.die(unread))
      }
      return { stock, close }
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
      counting: (kind, references) => (object, previous) => {
        const now = madeBy(kind, references, object)
        const kept = new Set(now.map(({ key }) => textOf(key)))
        for (const { by, key } of now) refer(key, by)
        for (const { by, key } of madeBy(kind, references, previous)) if (!kept.has(textOf(key))) forget(key, by)
      },
      stock: (key) => entries.get(textOf(key))?.stock,
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
