/** Builds the REST paths of objects and collections. */
import { type KubernetesApi, ObjectMeta } from "@portolan/planner"

type Query = Readonly<Record<string, string | undefined>>

/** `/apis/apps/v1/namespaces/default/statefulsets/web/status?…` */
export const object = (key: ObjectMeta.ObjectKey, subresource = "", query: Query = {}): string =>
  `${resource(key.kind, key.namespace)}/${encodeURIComponent(key.name)}${subresource}${search(query)}`

/** What a list or a watch selects. `name` becomes a field selector and matches at most one object per namespace. */
export interface Selection extends KubernetesApi.Selection {
  readonly name?: string
}

/** The collection of a kind, in one namespace or in all. */
export const collection = (
  kind: ObjectMeta.ObjectKind,
  { labels, name, namespace }: Selection,
  query: Query = {}
): string =>
  resource(kind, namespace ?? "") +
  search({
    ...query,
    labelSelector: selector(labels ?? {}),
    fieldSelector: name === undefined ? undefined : `metadata.name=${name}`
  })

const resource = ({ apiVersion, plural, scope }: ObjectMeta.ObjectKind, namespace: string): string => {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const inside = scope === "Namespaced" && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : ""
  return `${root}${inside}/${plural}`
}

/** `undefined` for an empty selector, so that the parameter is left out. */
const selector = (labels: ObjectMeta.LabelSelector): string | undefined => ObjectMeta.selectorText(labels) || undefined

const search = (query: Query): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}
