/**
 * Runs the `exec` credential plugin of a kubeconfig user, and keeps its credentials until they expire. client-node has
 * this too, but it does not tell when the credentials expire, so a request could be sent with expired ones.
 */
import { execFile } from "node:child_process"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** `users[].user.exec` of a kubeconfig. */
export const ExecPlugin = Schema.Struct({
  command: Schema.String,
  args: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))),
  env: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String }))))
})
type ExecPlugin = typeof ExecPlugin.Type

const ExecCredential = Schema.fromJsonString(
  Schema.Struct({
    status: Schema.Struct({
      token: Schema.optionalKey(Schema.String),
      clientCertificateData: Schema.optionalKey(Schema.String),
      clientKeyData: Schema.optionalKey(Schema.String),
      expirationTimestamp: Schema.optionalKey(Schema.DateTimeUtcFromString)
    })
  })
)
const decode = Schema.decodeUnknownOption(ExecCredential)

export interface PluginCredentials {
  readonly token?: string
  /** PEM. */
  readonly cert?: string
  /** PEM. */
  readonly key?: string
  /** In milliseconds since the epoch. Without it, the credentials are valid until the API server answers 401. */
  readonly expiresAt?: number
}

/**
 * The current credentials of a plugin. Runs the plugin when there are none that are valid at `now`; a failure is not
 * kept. One call at a time. Rejects with the plugin's error output; `signal` stops the plugin.
 */
export const make = (plugin: ExecPlugin): ((now: number, signal: AbortSignal) => Promise<PluginCredentials>) => {
  let current: PluginCredentials | undefined
  return async (now, signal) => {
    if (current !== undefined && now < (current.expiresAt ?? Number.POSITIVE_INFINITY)) return current
    const output = await run(plugin, signal)
    const decoded = decode(output)
    // The cause is not in the message, because it may quote the token.
    if (Option.isNone(decoded)) throw new Error(`exec plugin "${plugin.command}" did not print a valid ExecCredential`)
    const { clientCertificateData, clientKeyData, expirationTimestamp, token } = decoded.value.status
    current = {
      ...(token === undefined ? {} : { token }),
      ...(clientCertificateData === undefined ? {} : { cert: clientCertificateData }),
      ...(clientKeyData === undefined ? {} : { key: clientKeyData }),
      ...(expirationTimestamp === undefined ? {} : { expiresAt: DateTime.toEpochMillis(expirationTimestamp) })
    }
    return current
  }
}

/** The output of the plugin, which inherits the environment of this process. */
const run = ({ args, command, env }: ExecPlugin, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const added = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]))
    execFile(command, args ?? [], { env: { ...process.env, ...added }, signal }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      // The message of `error` quotes the arguments, which may be secret.
      const reason = typeof error.code === "number" ? `exit code ${error.code}` : (error.code ?? error.signal)
      reject(new Error(`exec plugin "${command}" failed: ${stderr.trim() || reason}`))
    })
  })
