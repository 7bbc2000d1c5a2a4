/** Shell scripts of the containers. POSIX sh for init; bash where a script opens a TCP connection. */
import { mode, type SeiNode, sidecarPort } from "../kinds/SeiNode.ts"
import { DATA, EXPORTER_PORT } from "./NodeIdentity.ts"

/** Initialises the home directory of seid once. For a validator it also sets the keyring backend, on every start. */
export const init = (node: SeiNode): string =>
  [initHome(node), ...(mode(node.spec) === "validator" ? keyringBackend(node) : [])].join("\n")

/** Initialises the home directory of seid unless it exists. */
export const initHome = ({ spec: { chainId } }: SeiNode): string =>
  [
    "set -eu",
    `if [ -f "${DATA}/config/genesis.json" ]; then`,
    '  echo "home exists, nothing to initialise"',
    "else",
    `  seid init ${chainId} --chain-id ${chainId} --home "${DATA}" --overwrite`,
    "fi",
    `mkdir -p "${DATA}/tmp"`
  ].join("\n")

/** Starts seid once the sidecar reports that the configuration is ready. */
export const start = (node: SeiNode): string => [waitForSidecar(node), `exec seid start --home "${DATA}"`].join("\n")

/**
 * Starts seid once the configuration is ready, and halts it at a height. seid then exits with 130, as if it was
 * interrupted; the script reports that as success and passes on any other exit code.
 */
export const startUntil = (node: SeiNode, height: number): string =>
  [
    waitForSidecar(node),
    `seid start --home "${DATA}" --halt-height ${height}`,
    "code=$?",
    'if [ "$code" -eq 130 ]; then exit 0; fi',
    'exit "$code"'
  ].join("\n")

/** Polls the sidecar's health until it answers 200. A sidecar that does not answer is polled again. */
const waitForSidecar = (node: SeiNode): string =>
  [
    "until",
    `  exec 3<>/dev/tcp/localhost/${sidecarPort(node.spec)} &&`,
    "  printf 'GET /v0/healthz HTTP/1.0\\r\\n\\r\\n' >&3 &&",
    "  read -r -t 5 line <&3 &&",
    '  case "$line" in *" 200 "*) true ;; *) false ;; esac',
    "do",
    '  echo "waiting for the sidecar"',
    "  sleep 5",
    "done 2>/dev/null",
    "exec 3>&-"
  ].join("\n")

/** Starts the exporter once the gRPC port of seid accepts connections. */
export const waitForSeid = [
  "until (exec 3<>/dev/tcp/localhost/9090) 2>/dev/null; do",
  '  echo "waiting for seid"',
  "  sleep 5",
  "done",
  `exec /usr/local/bin/sei-cosmos-exporter --denom usei --denom-coefficient 1000000 --bech-prefix sei --listen-address :${EXPORTER_PORT}`
].join("\n")

const keyringBackend = (node: SeiNode): ReadonlyArray<string> => {
  const backend = node.spec.validator?.operatorKeyring?.secret === undefined ? "test" : "file"
  const file = `${DATA}/config/client.toml`
  return [
    `mkdir -p "${DATA}/config"`,
    `touch "${file}"`,
    `if grep -q '^keyring-backend' "${file}"; then`,
    `  sed -i 's/^keyring-backend.*/keyring-backend = "${backend}"/' "${file}"`,
    "else",
    `  printf 'keyring-backend = "${backend}"\\n' >> "${file}"`,
    "fi"
  ]
}
