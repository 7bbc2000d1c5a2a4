/**
 * How a client finds the server.
 */

/**
 * A kubeconfig with one context, as JSON: every reader of kubeconfigs takes it. Some clients talk plain HTTP only to
 * servers whose certificate they may ignore; kubectl then sends no token.
 */
export const make = (server: string, token: string | undefined): string =>
  JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "testkit", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "testkit", user: token === undefined ? {} : { token } }],
      contexts: [{ name: "testkit", context: { cluster: "testkit", user: "testkit", namespace: "default" } }],
      "current-context": "testkit"
    },
    undefined,
    2
  )
