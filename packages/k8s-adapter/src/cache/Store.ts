/**
 * What is known about the objects of one kind, from two sources that overtake each other: a watch, and the answers to
 * our own writes. Says of everything heard whether it was news. Plain data: no effects, no time.
 */
import { ObjectMeta } from "@portolan/planner"
import * as StoreIndex from "./StoreIndex.ts"
import type { Written } from "./WriteTracker.ts"

/** A change, told once. */
export interface StoreChange {
  readonly type: "Applied" | "Deleted"
  readonly kind: ObjectMeta.ObjectKind
  /** As it is now, or as it was last. */
  readonly object: ObjectMeta.KubernetesObject
  /** As it was known before; `undefined` when it was not. */
  readonly previous: ObjectMeta.KubernetesObject | undefined
  /** The object whose turn made this change, which knows of it; `undefined` when that is not known for sure. */
  readonly by: ObjectMeta.ObjectKey | undefined
}

type Version = ObjectMeta.ResourceVersion

/** One object, by uid. */
interface VersionHistory {
  /** The newest version that the watch has told. */
  received: Version | undefined
  /** Versions that are our writes alone and that the watch has not told yet. */
  readonly ownVersions: Set<Version>
}

/** Deletions remembered; uids do not return, so forgetting an old one costs nothing. */
const REMEMBERED = 10_000

export class Store {
  readonly #kind: ObjectMeta.ObjectKind
  readonly #labels: ObjectMeta.LabelSelector
  readonly #index: StoreIndex.StoreIndex
  readonly #trails = new Map<string, VersionHistory>()
  /** uid → the version at which it was deleted, or left the selection; `final` when that is not known. */
  readonly #deleted = new Map<string, Version | "final">()
  /** Names with a write under way → how many, and the news that waits to be told apart from their echo. */
  readonly #writing = new Map<string, { count: number; changes: ReadonlyArray<StoreChange> }>()
  #received: Version | undefined

  constructor(kind: ObjectMeta.ObjectKind, labels: ObjectMeta.LabelSelector = {}, changed?: StoreIndex.Changed) {
    this.#kind = kind
    this.#labels = labels
    this.#index = StoreIndex.make(changed)
  }

  get(namespace: string, name: string): ObjectMeta.KubernetesObject | undefined {
    return this.#index.get(namespace, name)
  }

  /** In order of namespace and name. */
  list(selection: StoreIndex.Selection): ReadonlyArray<ObjectMeta.KubernetesObject> {
    return this.#index.list(selection)
  }

  /** The watch says that an object is so. */
  applied(object: ObjectMeta.KubernetesObject): ReadonlyArray<StoreChange> {
    const { uid, resourceVersion } = object.metadata
    this.#advance(resourceVersion)
    if (this.#isDeleted(object)) return []
    const trail = this.#trail(uid)
    if (trail.received !== undefined && !ObjectMeta.isNewer(resourceVersion, trail.received)) return []
    trail.received = resourceVersion
    const echo = trail.ownVersions.has(resourceVersion)
    for (const version of trail.ownVersions) {
      if (!ObjectMeta.isNewer(version, resourceVersion)) trail.ownVersions.delete(version)
    }
    const previous = this.#known(object)
    const now = this.#put(object)
    return echo || now === undefined
      ? []
      : this.#notify({ type: "Applied", kind: this.#kind, object: now, previous, by: undefined })
  }

  /** The watch says that an object is gone, or left the selection. */
  deleted(object: ObjectMeta.KubernetesObject): ReadonlyArray<StoreChange> {
    this.#advance(object.metadata.resourceVersion)
    return this.#isDeleted(object) ? [] : this.#drop(object, object.metadata.resourceVersion)
  }

  /** Everything that there was at `version`. Objects that we wrote later stay. */
  relisted(objects: ReadonlyArray<ObjectMeta.KubernetesObject>, version: Version): ReadonlyArray<StoreChange> {
    const restored = this.#received !== undefined && ObjectMeta.isNewer(this.#received, version)
    const reset = restored ? this.#reset() : []
    this.#advance(version)
    const present = new Set(objects.map(({ metadata }) => metadata.uid))
    const gone = this.list({}).filter(
      ({ metadata }) => !present.has(metadata.uid) && !ObjectMeta.isNewer(metadata.resourceVersion, version)
    )
    return [
      ...reset,
      ...gone.flatMap((object) => this.#drop(object, version)),
      ...objects.flatMap((object) => this.applied(object))
    ]
  }

  /** A write to an object of this name is about to be sent. */
  begin(name: string): void {
    const writing = this.#writing.get(name)
    if (writing === undefined) this.#writing.set(name, { count: 1, changes: [] })
    else writing.count++
  }

  /**
   * It came back. Returns what it changed, and what others did meanwhile; its own echo is not told again. A write may
   * end on a shelf that was made after it began.
   */
  end(name: string, written: Written | undefined, by?: ObjectMeta.ObjectKey): ReadonlyArray<StoreChange> {
    const writing = this.#writing.get(name) ?? { count: 1, changes: [] }
    const echo = writing.changes.find((changes) => isEcho(changes, written))
    const notified = written === undefined ? [] : this.#own(written, name, by, echo)
    writing.changes = writing.changes.filter((changes) => changes !== echo)
    writing.count--
    if (writing.count > 0) return notified
    this.#writing.delete(name)
    return [...notified, ...writing.changes]
  }

  /** News of a write that is ours alone; of any other, the watch will tell. */
  #own(
    written: Written,
    name: string,
    by: ObjectMeta.ObjectKey | undefined,
    echo: StoreChange | undefined
  ): ReadonlyArray<StoreChange> {
    const at = name.indexOf("/")
    const previous = this.get(name.slice(0, at), name.slice(at + 1))
    if (written._tag === "Gone") {
      const known = previous?.metadata.uid === written.uid ? previous : undefined
      this.#forget(written.uid, "final")
      if (known !== undefined) this.#index.remove(known)
      const object = known ?? echo?.object
      return object === undefined ? [] : [{ type: "Deleted", kind: this.#kind, object, previous: object, by }]
    }
    const object = this.#stored(written.object, written.ours)
    if (!written.ours || object === undefined || (object === previous && echo === undefined)) return []
    return [{ type: "Applied", kind: this.#kind, object, previous: echo === undefined ? previous : echo.previous, by }]
  }

  /** What is known after a write; `undefined` when the object is gone or is not for us to know. */
  #stored(object: ObjectMeta.KubernetesObject, ours: boolean): ObjectMeta.KubernetesObject | undefined {
    if (this.#isDeleted(object)) return undefined
    const { resourceVersion, uid } = object.metadata
    if (!ObjectMeta.selects(this.#labels, object.metadata.labels)) return undefined
    const known = this.#put(object)
    const trail = this.#trail(uid)
    const notified = trail.received !== undefined && !ObjectMeta.isNewer(resourceVersion, trail.received)
    if (ours && !notified) trail.ownVersions.add(resourceVersion)
    return known
  }

  /** What is known under the name of an object, be it the same object or not. */
  #known(object: ObjectMeta.KubernetesObject): ObjectMeta.KubernetesObject | undefined {
    return this.#index.get(object.metadata.namespace ?? "", object.metadata.name)
  }

  /** Keeps and returns the newer of what is known and `object`; `undefined` when `object` was replaced long since. */
  #put(object: ObjectMeta.KubernetesObject): ObjectMeta.KubernetesObject | undefined {
    const known = this.#known(object)
    if (known === undefined) return this.#index.put(object)
    const newer = ObjectMeta.isNewer(object.metadata.resourceVersion, known.metadata.resourceVersion)
    if (known.metadata.uid === object.metadata.uid) return newer ? this.#index.put(object) : known
    this.#forget((newer ? known : object).metadata.uid, "final")
    return newer ? this.#index.put(object) : undefined
  }

  /** Ends what is known of an object, unless its name is another's by now. */
  #drop(object: ObjectMeta.KubernetesObject, version: Version): ReadonlyArray<StoreChange> {
    const previous = this.#known(object)
    this.#forget(object.metadata.uid, version)
    if (previous?.metadata.uid !== object.metadata.uid) return []
    this.#index.remove(previous)
    return this.#notify({ type: "Deleted", kind: this.#kind, object, previous, by: undefined })
  }

  #notify(changes: StoreChange): ReadonlyArray<StoreChange> {
    const writing = this.#writing.get(nameOf(changes.object))
    if (writing === undefined) return [changes]
    writing.changes = [...writing.changes, changes]
    return []
  }

  #trail(uid: string): VersionHistory {
    const trail = this.#trails.get(uid) ?? { received: undefined, ownVersions: new Set<Version>() }
    this.#trails.set(uid, trail)
    return trail
  }

  #forget(uid: string, version: Version | "final"): void {
    this.#trails.delete(uid)
    if (this.#deleted.get(uid) !== "final") this.#deleted.set(uid, version)
    if (this.#deleted.size <= REMEMBERED) return
    for (const oldest of this.#deleted.keys()) {
      this.#deleted.delete(oldest)
      return
    }
  }

  /** An object that left the selection may come back, with a newer version. */
  #isDeleted({ metadata }: ObjectMeta.KubernetesObject): boolean {
    const at = this.#deleted.get(metadata.uid)
    if (at === undefined) return false
    if (at === "final" || !ObjectMeta.isNewer(metadata.resourceVersion, at)) return true
    this.#deleted.delete(metadata.uid)
    return false
  }

  #advance(version: Version): void {
    if (this.#received === undefined || ObjectMeta.isNewer(version, this.#received)) this.#received = version
  }

  /** The server went back in time: its store was restored. Nothing that we know compares to what it says now. */
  #reset(): ReadonlyArray<StoreChange> {
    const lost = this.list({})
    this.#trails.clear()
    this.#deleted.clear()
    this.#received = undefined
    return lost.flatMap((previous) => {
      this.#index.remove(previous)
      return this.#notify({ type: "Deleted", kind: this.#kind, object: previous, previous, by: undefined })
    })
  }
}

/** True of two names for one kind. */
export const isSame = (left: ObjectMeta.ObjectKind, right: ObjectMeta.ObjectKind): boolean =>
  left.apiVersion === right.apiVersion && left.plural === right.plural

/** How a name is told apart within a kind. */
export const nameOf = ({
  metadata
}: {
  readonly metadata: { readonly namespace?: string; readonly name: string }
}): string => `${metadata.namespace ?? ""}/${metadata.name}`

const isEcho = ({ object, type }: StoreChange, written: Written | undefined): boolean => {
  if (written === undefined) return false
  if (written._tag === "Gone") return type === "Deleted" && object.metadata.uid === written.uid
  return (
    written.ours && type === "Applied" && object.metadata.resourceVersion === written.object.metadata.resourceVersion
  )
}
