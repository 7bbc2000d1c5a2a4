/** Objects for tests; a test sets only what it is about. */
import type { ObjectMeta } from "@portolan/planner"
import { ObjectMeta as Meta } from "@portolan/planner"

export const configMap: ObjectMeta.ObjectKind = {
  apiVersion: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced"
}

export const widget: ObjectMeta.ObjectKind = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}

export const version = (number: number): ObjectMeta.ResourceVersion => Meta.ResourceVersion.make(String(number))

interface Settings {
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: { readonly [key: string]: string }
  readonly finalizers?: ReadonlyArray<string>
  readonly deletionTimestamp?: string
}

/** A stored object named `name`, at a version. Its uid is its name's unless told. */
export const stored = (
  name: string,
  at: number,
  { namespace = "default", uid = `uid-${name}`, ...rest }: Settings = {},
  kind = configMap
): ObjectMeta.KubernetesObject => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: { name, namespace, uid, resourceVersion: version(at), ...rest }
})

export const key = (name: string, kind = configMap): ObjectMeta.ObjectKey => Meta.key(kind, "default", name)

export const list = (at: number, objects: ReadonlyArray<ObjectMeta.KubernetesObject>, more?: string) => ({
  kind: "List",
  metadata: { resourceVersion: String(at), ...(more === undefined ? {} : { continue: more }) },
  items: objects
})

export const failure = (code: number, reason: string) => ({
  kind: "Status",
  status: "Failure",
  code,
  reason,
  message: `${reason}, says the server`
})
