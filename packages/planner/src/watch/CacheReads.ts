/**
 * Which reads a cache can answer with the watches that it has. A read that it cannot answer would return nothing, and a
 * controller would act as if no object existed, so every implementation of `ObjectCache` fails with these messages
 * instead. Each one names the read and the line to add.
 */
import {
  identityText,
  isSameKind,
  type KubernetesObject,
  keyText,
  type LabelSelector,
  type ObjectKey,
  type ObjectKind,
  resourceText,
  selectorText,
  selects
} from "../model/ObjectMeta.ts"
import type { Selection } from "../services/KubernetesApi.ts"
import type { WatchedKind, WatchedKinds } from "./Watches.ts"

export interface CacheReads {
  /** Why `get` of this key fails; `undefined` when the cache can answer. */
  readonly get: (key: ObjectKey, isReferenced: boolean) => string | undefined
  /** Why `list` fails; `undefined` when the watch of the kind covers the selection. */
  readonly list: (kind: ObjectKind, selection: Selection) => string | undefined
  /** Why `get` fails for an object that this process wrote, and that the cache does not have because of its labels. */
  readonly absent: (key: ObjectKey) => string | undefined
  /** Must be called with the result of every write of this process; `undefined` after a deletion. */
  readonly wrote: (key: ObjectKey, object: KubernetesObject | undefined) => void
}

/** Of more written objects without the labels of their watch, the oldest are forgotten. */
const UNSELECTED_MAX = 1_000

export const make = (kinds: WatchedKinds): CacheReads => {
  const watchedKind = (kind: ObjectKind) => kinds.get(resourceText(kind))
  const isReferencedKind = (kind: ObjectKind) =>
    [...kinds.values()].some(({ references = [] }) =>
      references.some((entry) => entry.kinds.some((referenced) => isSameKind(referenced, kind)))
    )
  const unselected = new Set<string>()
  return {
    get: (key, isReferenced) => {
      if (isReferenced || watchedKind(key.kind) !== undefined) return undefined
      const read = `${keyText(key)} was read from the cache`
      return isReferencedKind(key.kind)
        ? `${read}, but no cached object references it: return its key from "references.of", or ${add(key.kind)}`
        : `${read}, but ${key.kind.kind} is not watched: ${add(key.kind)}`
    },
    list: (kind, selection) => {
      const watched = watchedKind(kind)
      if (watched !== undefined) return covers(watched, selection) ? undefined : notCovered(watched, selection)
      return isReferencedKind(kind)
        ? `${listed(kind, selection)}, but only referenced objects of this kind are watched: ` +
            `get each by its name, or ${add(kind)}`
        : `${listed(kind, selection)}, but ${kind.kind} is not watched: ${add(kind)}`
    },
    absent: (key) => {
      const labels = watchedKind(key.kind)?.labels
      return labels !== undefined && unselected.has(identityText(key))
        ? `${keyText(key)} was written without the labels that ${key.kind.kind} is watched with ` +
            `(${selectorText(labels)}), so the cache does not have it: write it with these labels, or ` +
            `${add(key.kind)} without labels`
        : undefined
    },
    wrote: (key, object) => {
      const labels = watchedKind(key.kind)?.labels
      if (labels === undefined) return
      unselected.delete(identityText(key))
      if (object === undefined || selects(labels, object.metadata.labels)) return
      unselected.add(identityText(key))
      const [oldest] = unselected
      if (unselected.size > UNSELECTED_MAX && oldest !== undefined) unselected.delete(oldest)
    }
  }
}

const add = ({ kind }: ObjectKind): string => `add { kind: ${kind}, map: … } to the watches`

/** `Pod was listed from the cache in namespace "sei" by labels "app=x"`. */
const listed = ({ kind }: ObjectKind, { labels = {}, namespace }: Selection): string =>
  [
    `${kind} was listed from the cache`,
    ...(namespace === undefined ? [] : [` in namespace "${namespace}"`]),
    ...(selectorText(labels) === "" ? [] : [` by labels "${selectorText(labels)}"`])
  ].join("")

const notCovered = ({ kind, labels = {} }: WatchedKind, selection: Selection): string =>
  `${listed(kind, selection)}, but it is watched with labels "${selectorText(labels)}": ` +
  `list with these labels, or ${add(kind)} without labels`

/** Whether every object that the selection matches has the labels of the watch. */
const covers = ({ labels: watched = {} }: WatchedKind, { labels = {} }: Selection): boolean =>
  Object.entries(watched).every(([label, value]) => implies(labels, label, value))

const implies = (labels: LabelSelector, label: string, value: string | true): boolean =>
  value === true ? labels[label] !== undefined : labels[label] === value
