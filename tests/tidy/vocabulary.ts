/** Words that the project does not use, with the word that a Kubernetes engineer would search for instead. */
const replacements: ReadonlyMap<string, string> = new Map(
  Object.entries({
    actor: "controller of the emulated cluster",
    announce: "events",
    blueprint: "plan template",
    census: "queue statistics",
    dice: "seeded random",
    floor: "layer",
    hear: "receive",
    heard: "received",
    journey: "scenario",
    keeper: "implementation",
    law: "invariant",
    ledger: "call log",
    lived: "simulated",
    lives: "runs",
    mended: "fixed, resolved",
    mood: "behaviour",
    news: "store change, watch event",
    patience: "overdueAfter, timeout",
    posture: "override",
    promises: "services; Promise of JavaScript stays",
    quietly: "without logs",
    rivals: "key conflicts",
    roof: "apps",
    settle: "converge",
    settled: "converged, awaitChange",
    shelf: "store",
    stock: "reflector",
    strike: "inject",
    struck: "injected",
    told: "notified",
    turn: "reconcile, pass",
    wake: "enqueue",
    weather: "chaos",
    witness: "checker"
  }).flatMap(
    ([word, replacement]): ReadonlyArray<[string, string]> => [
      [word, replacement],
      ...(word.endsWith("s") ? [] : [[`${word}s`, replacement] as [string, string]])
    ]
  )
)

/** Ordinary English, names of others, and a text in objects that an earlier version stored. */
const ALLOWED = /\bonce that is mended the node begins again\b|\bMath\.floor\b|\bPromise\.allSettled\b|\bin turn\b/gu

const PARTS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/gu

/** The replaced words of a text, as `line: word → replacement`; parts of camelCase names count. */
export const findings = (text: string): ReadonlyArray<string> =>
  text.split("\n").flatMap((line, index) =>
    [...line.replaceAll(ALLOWED, "").matchAll(PARTS)].flatMap(([part]) => {
      const replacement = replacements.get(part.toLowerCase())
      return replacement === undefined ? [] : [`${index + 1}: ${part} → ${replacement}`]
    })
  )
