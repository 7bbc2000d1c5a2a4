/** Where objects live on a server. */
import { type KubernetesApi, ObjectMeta } from "@portolan/planner"

type Query = Readonly<Record<string, string | undefined>>

/** `/apis/apps/v1/namespaces/sei/statefulsets/node-0/status?…` */
export const object = (key: ObjectMeta.ObjectKey, subresource = "", query: Query = {}): string =>
  `${folder(key.kind, key.namespace)}/${encodeURIComponent(key.name)}${subresource}${search(query)}`

/** Which objects a list or a watch is about; a name selects at most one in each namespace. */
export interface Selection extends KubernetesApi.Selection {
  readonly name?: string
}

/** All objects of a kind, in one namespace or in all. */
export const collection = (
  kind: ObjectMeta.ObjectKind,
  { labels, name, namespace }: Selection,
  query: Query = {}
): string =>
  folder(kind, namespace ?? "") +
  search({
    ...query,
    labelSelector: selector(labels ?? {}),
    fieldSelector: name === undefined ? undefined : `metadata.name=${name}`
  })

const folder = ({ apiVersion, plural, scope }: ObjectMeta.ObjectKind, namespace: string): string => {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const inside = scope === "Namespaced" && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : ""
  return `${root}${inside}/${plural}`
}

/** `undefined`, not empty, when everything is selected. */
const selector = (labels: ObjectMeta.LabelSelector): string | undefined => ObjectMeta.selectorText(labels) || undefined

const search = (query: Query): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}
