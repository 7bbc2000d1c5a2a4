/**
 * Memoizes a pure function of JSON by the text of its input: a test that starts a hundred servers compiles its kinds
 * once.
 */

/** The number of memoized results. The memo is cleared when it is full. */
const ENTRIES_MAX = 64

export const byText = <Input extends object, Output>(compute: (input: Input) => Output): ((input: Input) => Output) => {
  const memo = new Map<string, Output>()
  return (input) => {
    const text = JSON.stringify(input)
    const memoized = memo.get(text)
    if (memoized !== undefined) return memoized
    if (memo.size >= ENTRIES_MAX) memo.clear()
    const output = compute(input)
    memo.set(text, output)
    return output
  }
}
