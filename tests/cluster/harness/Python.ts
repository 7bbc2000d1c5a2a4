/**
 * Programs in Python with packages of their own, where this machine has Python and can install them.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)

/** Runs a program with its arguments, and returns what it wrote. Rejects with what it complained about. */
export type Python = (program: string, ...args: ReadonlyArray<string>) => Promise<string>

/** What this machine lacks, in words. */
export interface Missing {
  readonly missing: string
}

const INSTALL_WITHIN_MS = 60_000
const RUN_WITHIN_MS = 45_000

const cache = fileURLToPath(new URL("../node_modules/.cache/python", import.meta.url))

/** Python 3.11 or later with the packages of a file of pinned ones, which are installed once for all runs. */
export const withPackages = async (file: string): Promise<Python | Missing> => {
  const found = await run("python3", ["-c", CHECK]).catch(lastLine)
  if (typeof found === "string") return { missing: `python3, 3.11 or later, with pip (${found})` }
  const key = createHash("sha256").update(Fs.readFileSync(file)).update(found.stdout).digest("hex").slice(0, 16)
  const packages = Path.join(cache, key)
  const failed = Fs.existsSync(packages) ? undefined : await install(file, packages).catch(lastLine)
  if (failed !== undefined) return { missing: `packages that pip could not install (${failed})` }
  const env = { PATH: process.env.PATH, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" }
  return (program, ...args) =>
    run("python3", [program, ...args], { env, timeout: RUN_WITHIN_MS }).then(({ stdout }) => stdout)
}

const CHECK = "import pip, sys; assert sys.version_info >= (3, 11), 'it is older'; print(sys.version, sys.platform)"

/** The folder appears as a whole, so that an install that was cut short is done again. */
const install = async (file: string, packages: string): Promise<undefined> => {
  Fs.mkdirSync(cache, { recursive: true })
  const folder = Fs.mkdtempSync(`${packages}-`)
  try {
    const flags = ["--no-deps", "--only-binary=:all:", "--no-input", "--timeout=10", "--retries=1"]
    const command = ["-m", "pip", "install", ...flags, `--target=${folder}`, `--requirement=${file}`]
    await run("python3", command, { timeout: INSTALL_WITHIN_MS })
    Fs.renameSync(folder, packages)
  } finally {
    Fs.rmSync(folder, { recursive: true, force: true })
  }
}

const lastLine = (error: unknown): string =>
  String(Object(error).stderr || error)
    .trim()
    .split("\n")
    .at(-1) ?? ""
