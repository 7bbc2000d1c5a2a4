/** The files that the command reads and writes: manifests, the kubeconfig and the saved state. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fromUnknown } from "../apiserver/Json.ts"
import type { Snapshot } from "../apiserver/Snapshot.ts"
import * as Snapshots from "../apiserver/Snapshot.ts"
import type { Manifest } from "../Manifests.ts"
import * as Manifests from "../Manifests.ts"

/**
 * The manifests of a file, or of the `.yaml`, `.yml` and `.json` files of a folder. Throws an `Error` that names the
 * file.
 */
export const readManifests = (path: string): ReadonlyArray<Manifest> =>
  filesAt(path).flatMap((file) => naming(file, () => Manifests.parse(readFileSync(file, "utf8"))))

const filesAt = (path: string): ReadonlyArray<string> => {
  if (!naming(path, () => statSync(path)).isDirectory()) return [path]
  const files = readdirSync(path)
    .filter((name) => /\.(?:ya?ml|json)$/u.test(name))
    .sort()
  if (files.length === 0) throw new Error(`${path}: no .yaml, .yml or .json files in this folder`)
  return files.map((name) => join(path, name))
}

/** `undefined` when the file does not exist. Throws an `Error` that names the file. */
export const readState = (path: string): Snapshot | undefined =>
  existsSync(path)
    ? naming(path, () => Snapshots.parse(fromUnknown(JSON.parse(readFileSync(path, "utf8"))) ?? null))
    : undefined

export const writeState = (path: string, state: Snapshot): void => {
  naming(path, () => writeAtomically(path, `${JSON.stringify(state)}\n`))
}

export interface KubeconfigFile {
  readonly path: string
  /** Deletes a temporary file; keeps a file that the user named. */
  readonly remove: () => void
}

/** Throws an `Error` when the file exists and is not a kubeconfig of the emulator: it may hold other credentials. */
export const checkKubeconfig = (path: string): void => {
  if (!existsSync(path)) return
  const isOurs = naming(path, () => readFileSync(path, "utf8")).includes('"current-context": "cluster-emulator"')
  if (!isOurs)
    throw new Error(`${path}: exists and was not written by cluster-emulator; remove it or name another file`)
}

/** Writes the kubeconfig with mode 0600, to a temporary file when no path is given. */
export const writeKubeconfig = (path: string | undefined, text: string): KubeconfigFile => {
  if (path !== undefined) {
    naming(path, () => writeAtomically(path, text))
    return { path, remove: () => {} }
  }
  const folder = mkdtempSync(join(tmpdir(), "cluster-emulator-"))
  const file = join(folder, "kubeconfig")
  writeAtomically(file, text)
  return { path: file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Writes a file that only its owner may read. A reader sees the old content or the new one, never a part. */
const writeAtomically = (path: string, text: string): void => {
  const folder = mkdtempSync(join(dirname(path), ".cluster-emulator-"))
  const temporary = join(folder, "content")
  try {
    writeFileSync(temporary, text, { mode: 0o600, flush: true })
    renameSync(temporary, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Adds the path to the message of an error. */
const naming = <A>(path: string, action: () => A): A => {
  try {
    return action()
  } catch (error) {
    throw new Error(`${path}: ${reasonOf(error)}`, { cause: error })
  }
}

const REASONS: { readonly [code: string]: string } = {
  EACCES: "permission denied",
  EISDIR: "is a folder",
  ENOENT: "no such file or folder",
  ENOTDIR: "a part of the path is not a folder"
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return ("code" in error ? REASONS[String(error.code)] : undefined) ?? error.message
}
