/**
 * What every scenario finds: the kinds that definitions declare, served in every version.
 */
import { definitions } from "../cases/Definitions.ts"
import type { Server } from "./Run.ts"
import * as Run from "./Run.ts"

export const set = async (server: Server): Promise<void> => {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  for (const body of definitions) {
    const { body: made, code } = await Run.ask(server, { method: "POST", path, body }, [])
    if (code !== 201) throw new Error(JSON.stringify(made))
  }
  for (const kind of ["v1/widgets", "v1beta1/widgets", "v1/gizmos", "v1/gauges"]) {
    await served(server, `/apis/example.dev/${kind}`)
  }
}

/** A definition takes a moment; half a minute at most. */
const served = async (server: Server, path: string): Promise<void> => {
  for (let attempt = 0; attempt < 150; attempt++) {
    const { code } = await Run.ask(server, { method: "GET", path }, [])
    if (code === 200) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${path} is not served`)
}
