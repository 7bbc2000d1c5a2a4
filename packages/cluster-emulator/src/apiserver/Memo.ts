/** Pure work on what can be told as a text, done once per text: a test that makes a hundred servers compiles its kinds once. */

/** Texts remembered; a process that goes through more starts over. */
const ENTRIES_MAX = 64

export const byText = <Input extends object, Output>(work: (input: Input) => Output): ((input: Input) => Output) => {
  const known = new Map<string, Output>()
  return (input) => {
    const text = JSON.stringify(input)
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= ENTRIES_MAX) known.clear()
    const done = work(input)
    known.set(text, done)
    return done
  }
}
