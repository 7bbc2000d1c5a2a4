/** The kubeconfig of a server. */

const NAME = "cluster-emulator"

/**
 * A kubeconfig with one context, as JSON, which every kubeconfig parser reads. Some clients use plain HTTP only when
 * `insecure-skip-tls-verify` is set; kubectl then sends no token.
 */
export const make = (server: string, token: string | undefined): string =>
  JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: NAME, cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: NAME, user: token === undefined ? {} : { token } }],
      contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: "default" } }],
      "current-context": NAME
    },
    undefined,
    2
  )
