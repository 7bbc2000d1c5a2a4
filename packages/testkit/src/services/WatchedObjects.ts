/**
 * What a process sees of a cluster through its watches: reads of its cache and the keys that a change enqueues. The
 * rules are those of the process over HTTP. A read that no watch covers is a defect whose message names the line to add.
 */
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import { CacheReads, type KubernetesApi, type ObjectCache, ObjectMeta, Watches } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { memoize } from "effect/Function"
import * as Option from "effect/Option"

type Stored = ObjectMeta.KubernetesObject

/** The objects of the cluster, as far as the process has received them. */
export interface Objects {
  readonly get: (key: ObjectMeta.ObjectKey) => Stored | undefined
  readonly list: (kind: ObjectMeta.ObjectKind, selection: KubernetesApi.Selection) => ReadonlyArray<Stored>
}

export interface WatchedObjects {
  readonly cache: ObjectCache.ObjectCache["Service"]
  /** The keys that an event enqueues; `writer` is the object whose reconcile made the change. */
  readonly keysFor: (event: ApiEvent, writer: ObjectMeta.ObjectKey | undefined) => ReadonlyArray<Watches.Enqueued>
  /** Must be called with the result of every write of the process; `undefined` after a deletion. */
  readonly wrote: CacheReads.CacheReads["wrote"]
}

export const make = (controlled: Watches.Controlled, objects: Objects): WatchedObjects => {
  const { kind, references } = controlled
  const kinds = Watches.byKind(Watches.watched([controlled]))
  const reads = CacheReads.make(kinds)
  const referrers = referrersIn(controlled, objects)
  const resources = new Map(
    [...[...kinds.values()].map((watched) => watched.kind), ...(references?.kinds ?? [])].map((known) => [
      `${parseApiVersion(known.apiVersion).group}/${known.plural}`,
      known
    ])
  )
  const cached: Watches.CachedObjects = {
    referrers: referrers.of,
    all: (namespace) => objects.list(kind, namespace === undefined ? {} : { namespace })
  }
  return {
    cache: {
      get: (key) =>
        Effect.suspend(() => {
          const isReferenced = referrers.isReferenced(key)
          const problem = reads.get(key, isReferenced)
          if (problem !== undefined) return unreadable(problem)
          const labels = isReferenced ? {} : (kinds.get(ObjectMeta.resourceText(key.kind))?.labels ?? {})
          const object = objects.get(key)
          if (object !== undefined && ObjectMeta.selects(labels, object.metadata.labels)) {
            return Effect.succeedSome(object)
          }
          const absent = reads.absent(key)
          return absent === undefined ? Effect.succeed(Option.none()) : unreadable(absent)
        }),
      list: (listed, selection = {}) =>
        Effect.suspend(() => {
          const problem = reads.list(listed, selection)
          return problem === undefined ? Effect.succeed(objects.list(listed, selection)) : unreadable(problem)
        })
    },
    keysFor: ({ group, object, plural, previous, type }, writer) => {
      const changed = resources.get(`${group}/${plural}`)
      if (changed === undefined) return []
      return Watches.keysFor(controlled, cached, {
        kind: changed,
        object,
        previous,
        deleted: type === "DELETED",
        writer
      })
    },
    wrote: reads.wrote
  }
}

const unreadable = (problem: string): Effect.Effect<never> => Effect.die(new Error(problem))

const NO_REFERRERS: ReadonlyArray<ObjectMeta.ObjectKey> = []

/**
 * The objects of the controller's kind by the objects that they reference. An object that was referenced once stays
 * readable: a pass that began before the last reference was removed may still read it, and a process over HTTP repeats
 * such a pass.
 */
const referrersIn = ({ kind, references }: Watches.Controlled, { list }: Objects) => {
  if (references === undefined) return { of: () => NO_REFERRERS, isReferenced: () => false }
  const known = new Set<string>()
  const referencesOf = memoize((object: Stored) =>
    Watches.referencesOf([references], object).map(ObjectMeta.identityText)
  )
  const byName = memoize((all: ReadonlyArray<Stored>) => {
    const index = new Map<string, Array<ObjectMeta.ObjectKey>>()
    for (const object of all) {
      for (const name of referencesOf(object)) {
        known.add(name)
        const referrers = index.get(name) ?? []
        referrers.push(ObjectMeta.keyOf(kind, object))
        index.set(name, referrers)
      }
    }
    return index
  })
  const isReferencedKind = (key: ObjectMeta.ObjectKey) =>
    references.kinds.some((referenced) => ObjectMeta.isSameKind(referenced, key.kind))
  const of = (key: ObjectMeta.ObjectKey): ReadonlyArray<ObjectMeta.ObjectKey> =>
    isReferencedKind(key) ? (byName(list(kind, {})).get(ObjectMeta.identityText(key)) ?? NO_REFERRERS) : NO_REFERRERS
  return {
    of,
    isReferenced: (key: ObjectMeta.ObjectKey) => of(key).length > 0 || known.has(ObjectMeta.identityText(key))
  }
}
