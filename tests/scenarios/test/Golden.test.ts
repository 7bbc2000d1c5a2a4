/** The objects that are generated for every sort of node equal the reviewed golden files, and an API server accepts them. */
import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import { ApiServer, Resources } from "@portolan/testkit"
import * as Yaml from "yaml"

const s3 = { targetHeight: 100_000_000 }
const bootstrap = { s3, bootstrapImage: "ghcr.io/sei-protocol/sei:v6.0.0" }
const peers = [{ static: { addresses: ["0123456789abcdef0123456789abcdef01234567@peer:26656"] } }]
const publish = { snapshotGeneration: { tendermint: { keepRecent: 5, publish: {} } } }
const nodeKey = { secret: { secretName: "node-key" } }
const keys = { signingKey: { secret: { secretName: "signing-key" } }, nodeKey }
const passphraseSecretRef = { secretName: "keyring-passphrase", key: "passphrase" }
const keyring = { secretName: "keyring", passphraseSecretRef }
const genesisCeremony = { chainId: "arctic-9", stakingAmount: "1usei", accountBalance: "2usei", index: 0 }

const CASES: { readonly [name: string]: Fixtures.NodeParts } = {
  "full-node-genesis": {},
  "full-node-publish": { spec: { fullNode: publish } },
  "full-node-snapshot": { spec: { fullNode: { snapshot: { s3 } } } },
  "full-node-state-sync": { spec: { fullNode: { snapshot: { stateSync: {} } } } },
  "full-node-bootstrap": { spec: { fullNode: { snapshot: bootstrap } } },
  "full-node-imported-volume": { spec: { dataVolume: { import: { pvcName: "old-data" } } } },
  "full-node-dedicated": {
    annotations: { "sei.io/dedicated-node": "true" },
    spec: {
      podLabels: { team: "indexers", "sei.io/role": "impostor" },
      sidecar: { image: "seictl:v9", port: 7000, resources: { requests: { cpu: "250m" }, limits: { memory: "1Gi" } } }
    }
  },
  archive: { spec: { archive: {} } },
  "archive-publish": { spec: { archive: publish } },
  "replayer-snapshot": { spec: { peers, replayer: { snapshot: { s3 } } } },
  "replayer-bootstrap": { spec: { peers, replayer: { snapshot: bootstrap } } },
  validator: { spec: { validator: {} } },
  "validator-keys": { spec: { validator: keys } },
  "validator-keys-keyring": { spec: { validator: { ...keys, operatorKeyring: { secret: keyring } } } },
  "validator-keyring-seid-mount": {
    spec: { validator: { operatorKeyring: { secret: { ...keyring, seidMount: true } } } }
  },
  "validator-ceremony": { spec: { validator: { genesisCeremony } } },
  "validator-bootstrap-keys": {
    spec: { validator: { ...keys, operatorKeyring: { secret: keyring }, snapshot: bootstrap } }
  },
  "full-node-bootstrap-imported-volume": {
    spec: { dataVolume: { import: { pvcName: "old-data" } }, fullNode: { snapshot: bootstrap } }
  },
  seed: { spec: { seed: { nodeKey } } }
}

const text = (manifest: object) => Yaml.stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })

const PLURALS: { readonly [kind: string]: string } = {
  ConfigMap: "configmaps",
  Job: "jobs",
  PersistentVolumeClaim: "persistentvolumeclaims",
  Service: "services",
  StatefulSet: "statefulsets"
}

/** The API server's response to each manifest, on a dry run. */
const responses = (manifests: ReadonlyArray<ObjectMeta.Manifest>) => {
  const server = ApiServer.make()
  const create = (plural: string, namespace: string, body: ObjectMeta.Manifest) => {
    const resource = Resources.resourceOf({ apiVersion: body.apiVersion, plural })
    const query = { fieldValidation: "Strict", ...(namespace === "" ? {} : { dryRun: "All" }) }
    return server.handle({ ...resource, verb: "create", namespace, name: "", query, user: "tester", body })
  }
  create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "sei" } })
  return manifests.map((body) => create(PLURALS[body.kind] ?? "", "sei", body))
}

describe("the objects that are generated for a node", () => {
  describe.each(Object.entries(CASES))("%s", (name, parts) => {
    const manifests = Fixtures.manifests(Fixtures.node(parts))

    it("equal the golden file", async ({ expect }) => {
      await expect(manifests.map(text).join("---\n")).toMatchFileSnapshot(`../golden/${name}.yaml`)
    })

    it("are accepted with strict field validation", () => {
      assert.deepStrictEqual(
        responses(manifests).map(({ body, code, warnings }) => ({ code, warnings, message: body.message })),
        manifests.map(() => ({ code: 201, warnings: [], message: undefined }))
      )
    })
  })
})
