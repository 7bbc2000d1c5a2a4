// Checks the messages of new commits: those since the last commit that changed
// this file. The rules are in CONTRIBUTING.md.
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const cwd = fileURLToPath(new URL("..", import.meta.url))
/** @param {...string} args */
const git = (...args) => execFileSync("git", args, { cwd, encoding: "utf8" }).trim()

/** The area is a package, an app or a folder: `k8s-adapter`, `apps/cli`, `tests/tidy`, `docs`. */
const SUBJECT = /^[a-z0-9]+(?:[-/][a-z0-9]+)*: [a-z]/u
const SUBJECT_MAX = 72

/** @param {string} subject */
const problem = (subject) => {
  if (subject.length > SUBJECT_MAX) return `${subject.length} characters, at most ${SUBJECT_MAX} are allowed`
  if (!SUBJECT.test(subject)) return 'must read "area: imperative summary", in lower case'
  if (subject.endsWith(".")) return "must not end with a full stop"
  if (/^\S+: \w+(?:ed|ing)\b/u.test(subject)) return 'must be imperative: "add", not "added" or "adding"'
  return undefined
}

const checked = git("log", "-1", "--format=%H", "--", "scripts/commits.mjs")
const range = checked === "" ? "HEAD" : `${checked}..HEAD`
const commits = git("log", "--no-merges", "--format=%h %s", range).split("\n").filter(Boolean)
const found = commits.flatMap((line) => {
  const [hash = "", ...words] = line.split(" ")
  const why = problem(words.join(" "))
  return why === undefined ? [] : [`${hash} ${words.join(" ")}\n  ${why}`]
})
for (const each of found) console.error(each)
console.log(`${commits.length} commit messages checked, ${found.length} rejected`)
process.exitCode = found.length === 0 ? 0 : 1
