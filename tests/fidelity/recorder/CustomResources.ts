/** The CRDs that every scenario requires. */
import { definitions } from "../cases/Definitions.ts"
import type { Server } from "./Run.ts"
import * as Run from "./Run.ts"

/** Creates the CRDs, and waits until every version is served. */
export const install = async (server: Server): Promise<void> => {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  for (const definition of definitions) {
    const { body, code } = await Run.request(server, { method: "POST", path, body: definition }, [])
    if (code !== 201) throw new Error(JSON.stringify(body))
  }
  for (const resource of ["v1/widgets", "v1beta1/widgets", "v1/gizmos", "v1/gauges"]) {
    await waitUntilServed(server, `/apis/example.dev/${resource}`)
  }
}

/** Waits at most 30 s. */
const waitUntilServed = async (server: Server, path: string): Promise<void> => {
  for (let attempt = 0; attempt < 150; attempt++) {
    const { code } = await Run.request(server, { method: "GET", path }, [])
    if (code === 200) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${path} is not served`)
}
