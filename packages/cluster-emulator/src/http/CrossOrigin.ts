/**
 * Rejects requests that a web page of another site may have sent.
 *
 * A browser sends requests to loopback addresses for any page. DNS rebinding makes such a request look like one to the
 * page's own site: the `Host` header still carries the page's host name. Without these checks a page in a browser reads
 * the Secrets of the cluster.
 */
import type { IncomingMessage } from "node:http"
import { ApiFailure } from "../apiserver/Failure.ts"

/** A 403 for a request that names another host, or that a page of another origin sent. */
export const rejection = ({ headers, socket }: IncomingMessage): ApiFailure | undefined => {
  const { host = "", origin } = headers
  const site = headers["sec-fetch-site"]
  if (!isLoopback(host)) {
    return forbidden(`Host header "${host}" is not a loopback name (localhost, 127.0.0.1 or [::1])`)
  }
  if (origin !== undefined && !isOwnOrigin(origin, socket.localPort)) {
    return forbidden(`Origin header "${origin}" is not the origin of this server`)
  }
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return forbidden(`Sec-Fetch-Site header "${site}" marks a request of another site`)
  }
  return undefined
}

const isLoopback = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu.test(host)

const isOwnOrigin = (origin: string, port: number | undefined): boolean =>
  origin.startsWith("http://") && isLoopback(origin.slice("http://".length)) && portOf(origin) === port

const portOf = (origin: string): number => Number(/:(\d+)$/u.exec(origin)?.[1] ?? 80)

const forbidden = (why: string): ApiFailure => new ApiFailure(403, "Forbidden", `request rejected: ${why}`)
