/**
 * Replays the corpus, and writes the differences to `corpus/differences.json` and `docs/FIDELITY.md`.
 *
 *     node report.ts
 */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Corpus from "./recorder/Corpus.ts"
import * as Differences from "./recorder/Differences.ts"
import * as Replay from "./recorder/Replay.ts"
import * as Report from "./recorder/Report.ts"

const corpus = Corpus.read()
const comparisons = await Effect.runPromise(Replay.replay(corpus).pipe(Effect.provide(TestClock.layer())))
const differences = Differences.of(comparisons)
Differences.write(differences)
Report.write(Report.text(corpus.version, comparisons, differences))
process.stdout.write(`${comparisons.filter(({ agrees }) => agrees).length} of ${comparisons.length} agree\n`)
