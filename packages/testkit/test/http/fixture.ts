/** The custom kind Widget, and HTTP helpers that take a request as one line. */
import type { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { makeServer } from "../../src/services/InMemoryKubernetes.ts"
import * as KubernetesServer from "../../src/services/KubernetesServer.ts"

export const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: {
      plural: "widgets",
      singular: "widget",
      kind: "Widget",
      listKind: "WidgetList",
      shortNames: ["wd"],
      categories: ["all"]
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: "A widget.",
            properties: {
              spec: { type: "object", properties: { size: { type: "integer", description: "How large." } } },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true }
            }
          }
        }
      }
    ]
  }
}

export const widgets = "/apis/example.dev/v1/namespaces/default/widgets"

export const widget = (name: string, size = 1) => ({
  apiVersion: "example.dev/v1",
  kind: "Widget",
  metadata: { name },
  spec: { size }
})

/** An HTTP server with the kind Widget, and its `ApiServer`. */
export const serving = Effect.fnUntraced(function* (
  options: Omit<Partial<KubernetesServer.Options>, "server"> & { readonly historyCapacity?: number } = {}
) {
  const { historyCapacity, ...http } = options
  const server = yield* makeServer({
    definitions: [definition],
    ...(historyCapacity === undefined ? {} : { historyCapacity })
  })
  const listening = yield* KubernetesServer.make({ ...http, server })
  return { ...listening, server }
})

export interface HttpResponse {
  readonly code: number
  readonly headers: Headers
  /** The decoded JSON; empty for other content. */
  readonly body: ObjectMeta.JsonObject
}

/** `send(url, "POST /path", body, headers)`. */
export const send = (url: string, line: string, body?: unknown, headers: Record<string, string> = {}) =>
  Effect.promise(async (): Promise<HttpResponse> => {
    const [method = "GET", path = "/"] = line.split(" ")
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: text })
    })
    const content = await response.text()
    const decoded = content.startsWith("{") ? JSON.parse(content) : {}
    return { code: response.status, headers: response.headers, body: decoded }
  })

export interface Line {
  readonly type: string
  readonly object: ObjectMeta.JsonObject
}

/** Opens a watch; `next` returns its next line, `undefined` after the last. */
export const watching = (url: string, path: string, headers: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const controller = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (controller) => Effect.sync(() => controller.abort())
    )
    const response = yield* Effect.promise(() => fetch(url + path, { headers, signal: controller.signal }))
    const lines = linesOf(response)
    const next = Effect.promise(async (): Promise<Line | undefined> => {
      const { done, value } = await lines.next()
      return done === true ? undefined : JSON.parse(value)
    })
    return { code: response.status, next }
  })

async function* linesOf(response: Response): AsyncGenerator<string, undefined> {
  let incomplete = ""
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    incomplete += decoder.decode(chunk, { stream: true })
    const lines = incomplete.split("\n")
    incomplete = lines.pop() ?? ""
    yield* lines
  }
  return undefined
}
