/** The controller under test, in a cluster where every pod that ends exits with code 0, and a backup to create. */
import { CustomKind } from "@portolan/planner"
import { ControllerUnderTest } from "@portolan/testkit"
import * as Backup from "../src/Backup.ts"
import * as Reconciler from "../src/Reconciler.ts"
import { watches } from "../src/Watches.ts"

export const definitions = [CustomKind.manifest(Backup.definition)]
export const cluster = { ends: () => ({ exitCode: 0 }) }
export const backups = ControllerUnderTest.of(Reconciler.make(), { ...watches, definitions, cluster })

export const nightly = { metadata: { name: "nightly" }, spec: { database: "orders", bucket: "dumps" } }
