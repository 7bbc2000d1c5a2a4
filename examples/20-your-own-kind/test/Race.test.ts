import { assert, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Race } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import { kind } from "../src/Backup.ts"
import { backups, nightly } from "./backups.ts"

const key = ObjectMeta.key(kind, "default", "nightly")

/** A plan is stored, and its first task is due. */
const planned: Pick<Race.Race, "controllerUnderTest" | "setup"> = {
  controllerUnderTest: backups,
  setup: (cluster) => Effect.andThen(cluster.create(nightly), cluster.reconcile(1))
}

it.effect("INV-3, INV-8: two workers never dump one backup twice, in any order of their calls", () =>
  Effect.gen(function* () {
    const report = yield* Race.run({
      ...planned,
      name: "two workers",
      left: ({ reconcile }) => reconcile(key),
      right: ({ reconcile }) => reconcile(key),
      violations: ({ agents }) => {
        const dumps = agents.at("http://orders.default:8700").all.filter(({ type }) => type === "dump")
        return Effect.succeed(dumps.length > 1 ? ["dumped twice"] : [])
      }
    })
    assert.deepStrictEqual(Race.describeFailures(report), [])
  })
)

it.effect("INV-3: an edit and a deletion during a reconcile pass are never lost", () =>
  Effect.gen(function* () {
    const report = yield* Race.run({
      ...planned,
      name: "a worker and a user",
      left: ({ reconcile }) => reconcile(key),
      right: ({ act }) =>
        Effect.andThen(
          act({ verb: "merge", kind, name: "nightly", body: { spec: { restoreTo: "staging" } } }),
          act({ verb: "delete", kind, name: "nightly" })
        ),
      violations: ({ find }) => {
        const backup = find("nightly")
        return Effect.succeed(backup?.metadata.deletionTimestamp === undefined ? ["the deletion is lost"] : [])
      }
    })
    assert.deepStrictEqual(Race.describeFailures(report), [])
  })
)
