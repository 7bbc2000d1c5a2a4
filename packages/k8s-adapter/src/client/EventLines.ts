/** Splits the body of a watch into lines. The API server sends one JSON event per line. */

export interface Splitter {
  /** Returns the lines that these bytes complete, and keeps the bytes after the last line break for the next call. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<string>
}

const LINE_BREAK = 0x0a

/** Splits bytes before decoding them, so a character that is split between two chunks is decoded correctly. */
export const splitter = (): Splitter => {
  let incomplete: Array<Uint8Array> = []
  const lineEndingWith = (last: Uint8Array): string => {
    const bytes = incomplete.length === 0 ? last : Buffer.concat([...incomplete, last])
    incomplete = []
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  }
  return {
    push: (bytes) => {
      const lines: Array<string> = []
      let start = 0
      for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK, start)) {
        const line = lineEndingWith(bytes.subarray(start, end))
        if (line.trim() !== "") lines.push(line)
        start = end + 1
      }
      if (start < bytes.length) incomplete.push(bytes.subarray(start))
      return lines
    }
  }
}
