/** The recorded responses of a real server: one line of JSON for each scenario, compressed. */
import * as Fs from "node:fs"
import { gunzipSync, gzipSync } from "node:zlib"
import type { Json, Scenario } from "../cases/Scenario.ts"
import type { Response } from "./Run.ts"

export interface Recorded {
  readonly scenario: Scenario
  /** The normalized responses, one for each step. */
  readonly answers: ReadonlyArray<Response>
}

export interface Corpus {
  /** Version of the recorded server. */
  readonly version: string
  readonly recorded: ReadonlyArray<Recorded>
}

const file = new URL("../corpus/answers.jsonl.gz", import.meta.url)

export const write = ({ recorded, version }: Corpus): void => {
  const lines = [{ version }, ...recorded].map((line) => JSON.stringify(line))
  Fs.writeFileSync(file, gzipSync(lines.join("\n"), { level: 9 }))
}

export const read = (): Corpus => {
  const [head = "{}", ...lines] = gunzipSync(Fs.readFileSync(file)).toString("utf8").split("\n")
  const { version }: { readonly version: string } = JSON.parse(head)
  const recorded = lines.map((line): Recorded => JSON.parse(line))
  return { version, recorded }
}

/** JSON text with sorted fields. */
export const canonical = (value: Json): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner
  )
