/** The shell that containers start with. POSIX sh for init; bash where a TCP connection is opened. */
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import { DATA, EXPORTER_PORT, sidecarPort } from "./Identity.ts"

/** Makes a home for seid once, and on every boot of a validator names its keyring. */
export const init = (node: SeiNode): string =>
  [home(node), ...(mode(node.spec) === "validator" ? keyringBackend(node) : [])].join("\n")

/** Makes a home for seid, unless there is one. */
export const home = ({ spec: { chainId } }: SeiNode): string =>
  [
    "set -eu",
    `if [ -f "${DATA}/config/genesis.json" ]; then`,
    '  echo "home exists, nothing to initialise"',
    "else",
    `  seid init ${chainId} --chain-id ${chainId} --home "${DATA}" --overwrite`,
    "fi",
    `mkdir -p "${DATA}/tmp"`
  ].join("\n")

/** Starts seid when its configuration is ready. */
export const start = (node: SeiNode): string => [untilConfigured(node), `exec seid start --home "${DATA}"`].join("\n")

/**
 * Starts seid when its configuration is ready and has it stop at a height. It then ends as if interrupted, with 130: that
 * is success here, and any other code is passed on.
 */
export const startUntil = (node: SeiNode, height: number): string =>
  [
    untilConfigured(node),
    `seid start --home "${DATA}" --halt-height ${height}`,
    "code=$?",
    'if [ "$code" -eq 130 ]; then exit 0; fi',
    'exit "$code"'
  ].join("\n")

/** Holds seid back until the sidecar says that its configuration is ready; one that does not answer is asked again. */
const untilConfigured = (node: SeiNode): string =>
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

/** Holds the exporter back until seid answers. */
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
