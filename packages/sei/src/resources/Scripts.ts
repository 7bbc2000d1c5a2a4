/** The shell that containers start with. POSIX sh for init; bash where a TCP connection is opened. */
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import { DATA, EXPORTER_PORT, sidecarPort } from "./Identity.ts"

/** Makes a home for seid once, and on every boot of a validator names its keyring. */
export const init = (node: SeiNode): string => {
  const { chainId } = node.spec
  const lines = [
    "set -eu",
    `if [ -f "${DATA}/config/genesis.json" ]; then`,
    '  echo "home exists, nothing to initialise"',
    "else",
    `  seid init ${chainId} --chain-id ${chainId} --home "${DATA}" --overwrite`,
    "fi",
    `mkdir -p "${DATA}/tmp"`
  ]
  return [...lines, ...(mode(node.spec) === "validator" ? keyringBackend(node) : [])].join("\n")
}

/** Holds seid back until the sidecar says that its configuration is ready. */
export const waitForSidecar = (node: SeiNode): string =>
  [
    "until",
    `  exec 3<>/dev/tcp/localhost/${sidecarPort(node.spec)} &&`,
    "  printf 'GET /v0/healthz HTTP/1.0\\r\\n\\r\\n' >&3 &&",
    "  read -r line <&3 &&",
    '  case "$line" in *" 200 "*) true ;; *) false ;; esac',
    "do",
    '  echo "waiting for the sidecar"',
    "  sleep 5",
    "done 2>/dev/null",
    "exec 3>&-",
    `exec seid start --home ${DATA}`
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
