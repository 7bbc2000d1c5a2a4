/** What is tested: backups in a cluster in which every pod that ends ends well, and one of them. */
import { CustomKind } from "@portolan/planner"
import { ControllerUnderTest } from "@portolan/testkit"
import * as Backup from "../src/Backup.ts"
import * as Reconciler from "../src/Reconciler.ts"

export const definitions = [CustomKind.manifest(Backup.definition)]
export const cluster = { ends: () => ({ exitCode: 0 }) }
export const backups = ControllerUnderTest.of(Reconciler.make(), { definitions, cluster })

export const nightly = { metadata: { name: "nightly" }, spec: { database: "orders", bucket: "dumps" } }
