/** Lines out of bytes that arrive in any pieces. A watch sends one JSON event a line. */

export interface Splitter {
  /** The lines that these bytes complete; what follows the last line break is kept for the next call. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<string>
}

const LINE_BREAK = 0x0a

/** Cuts at the byte level, so that a character which is split between two pieces stays whole. */
export const splitter = (): Splitter => {
  let kept: Array<Uint8Array> = []
  const line = (last: Uint8Array): string => {
    const bytes = kept.length === 0 ? last : Buffer.concat([...kept, last])
    kept = []
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  }
  return {
    push: (bytes) => {
      const lines: Array<string> = []
      let from = 0
      for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, from)) {
        const text = line(bytes.subarray(from, at))
        if (text.trim() !== "") lines.push(text)
        from = at + 1
      }
      if (from < bytes.length) kept.push(bytes.subarray(from))
      return lines
    }
  }
}
