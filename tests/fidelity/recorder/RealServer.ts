/** A real kube-apiserver with its etcd and without controllers, so that every response comes from the server alone. */
import * as Fs from "node:fs"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Schema from "effect/Schema"
import { Agent } from "undici"
import type { Server } from "./Run.ts"

export interface RealServer extends Server {
  /** From the endpoint `/version`. */
  readonly version: string
  readonly stop: () => Promise<void>
}

/** Starts the binaries in `KUBEBUILDER_ASSETS`, and returns when the server is ready, after a few seconds. */
export const start = async (): Promise<RealServer> => {
  const plane = await ControlPlane.start({
    users: { somebody: [ControlPlane.MASTERS] },
    // The default admission, except for service accounts, which a controller would have to create.
    apiserverFlags: ["--disable-admission-plugins=ServiceAccount"]
  })
  const { authority, token } = credentialsOf(Fs.readFileSync(plane.kubeconfig("somebody"), "utf8"))
  const agent = new Agent({ connect: { ca: authority }, connections: 64 })
  const stop = async () => {
    await agent.destroy()
    await plane.stop()
  }
  const headers = { authorization: `Bearer ${token}` }
  try {
    const { body } = await agent.request({ origin: plane.url, path: "/version", method: "GET", headers })
    const { gitVersion } = decodeVersion(await body.json())
    return { url: plane.url, agent, headers, awaitWatchTimeout: () => Promise.resolve(), version: gitVersion, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const credentialsOf = (kubeconfig: string) => {
  const { clusters, users } = decodeKubeconfig(kubeconfig)
  const [{ cluster }] = clusters
  const [{ user }] = users
  return { authority: Buffer.from(cluster["certificate-authority-data"], "base64"), token: user.token }
}

const decodeKubeconfig = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      clusters: Schema.NonEmptyArray(
        Schema.Struct({ cluster: Schema.Struct({ "certificate-authority-data": Schema.String }) })
      ),
      users: Schema.NonEmptyArray(Schema.Struct({ user: Schema.Struct({ token: Schema.String }) }))
    })
  )
)

const decodeVersion = Schema.decodeUnknownSync(Schema.Struct({ gitVersion: Schema.String }))
