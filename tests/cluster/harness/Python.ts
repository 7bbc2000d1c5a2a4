/** Runs Python programs with pinned packages, if the machine has Python and can install them. */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)

/** Runs a program with arguments, and returns its standard output. Rejects when the program fails. */
export type Python = (program: string, ...args: ReadonlyArray<string>) => Promise<string>

/** What the machine lacks, for the message of a skipped test. */
export interface Missing {
  readonly missing: string
}

const INSTALL_TIMEOUT_MS = 60_000
const RUN_TIMEOUT_MS = 45_000

const cache = fileURLToPath(new URL("../node_modules/.cache/python", import.meta.url))

/** Python 3.11 or later with the packages of a requirements file. They are installed once and cached. */
export const withPackages = async (file: string): Promise<Python | Missing> => {
  const version = await run("python3", ["-c", CHECK]).catch(lastLine)
  if (typeof version === "string") return { missing: `python3, 3.11 or later, with pip (${version})` }
  const key = createHash("sha256").update(Fs.readFileSync(file)).update(version.stdout).digest("hex").slice(0, 16)
  const packages = Path.join(cache, key)
  const failure = Fs.existsSync(packages) ? undefined : await install(file, packages).catch(lastLine)
  if (failure !== undefined) return { missing: `packages that pip cannot install (${failure})` }
  const env = { PATH: process.env.PATH, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" }
  return (program, ...args) =>
    run("python3", [program, ...args], { env, timeout: RUN_TIMEOUT_MS }).then(({ stdout }) => stdout)
}

const CHECK = "import pip, sys; assert sys.version_info >= (3, 11), 'it is too old'; print(sys.version, sys.platform)"

/** Installs into a temporary folder and renames it, so that an interrupted install leaves nothing behind. */
const install = async (file: string, packages: string): Promise<undefined> => {
  Fs.mkdirSync(cache, { recursive: true })
  const folder = Fs.mkdtempSync(`${packages}-`)
  try {
    const flags = ["--no-deps", "--only-binary=:all:", "--no-input", "--timeout=10", "--retries=1"]
    const command = ["-m", "pip", "install", ...flags, `--target=${folder}`, `--requirement=${file}`]
    await run("python3", command, { timeout: INSTALL_TIMEOUT_MS })
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
