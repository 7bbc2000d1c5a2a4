// Proves what is published, as its users get it: packs the packages that the
// example needs, installs them with npm in a folder of their own, and
// type-checks and tests the example there. `--keep` leaves the folder behind.
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { argv, platform } from "node:process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const example = join(root, "examples/20-your-own-kind")
const folder = mkdtempSync(join(tmpdir(), "portolan-packed-"))

/**
 * Throws when the command fails.
 * @param {string} cwd
 * @param {string} command
 * @param {...string} args
 */
const run = (cwd, command, ...args) => {
  console.log(`== ${[command, ...args].join(" ")}`)
  execFileSync(command, args, { cwd, shell: platform === "win32", stdio: "inherit" })
}

/** @param {string} file @param {unknown} value */
const write = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value, undefined, 2))

/** @param {string} path */
const manifest = (path) => JSON.parse(readFileSync(join(path, "package.json"), "utf8"))

/** Ours as they are packed, all others in the versions that the workspace has. */
const dependencies = () => {
  const { dependencies, devDependencies } = manifest(example)
  return Object.keys({ ...dependencies, ...devDependencies }).map((name) => {
    const { version } = manifest(join(example, "node_modules", name))
    return [name, isOurs(name) ? `file:${name.slice(1).replace("/", "-")}-${version}.tgz` : version]
  })
}
/** @param {string} name */
const isOurs = (name) => name.startsWith("@portolan/")

/** As strict as it goes; the types of the packages themselves are checked, too. `effect` names types of the DOM. */
const compilerOptions = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable", "dom"],
  types: ["node"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
  noEmit: true
}

const prove = () => {
  const wanted = dependencies()
  const filters = wanted.flatMap(([name]) => (isOurs(name) ? ["--filter", name] : []))
  run(root, "pnpm", ...filters, "run", "build")
  run(root, "pnpm", ...filters, "exec", "pnpm", "pack", "--silent", "--pack-destination", folder)

  for (const part of ["src", "test", "vitest.config.ts"])
    cpSync(join(example, part), join(folder, part), { recursive: true })
  write("package.json", { private: true, type: "module", dependencies: Object.fromEntries(wanted) })
  write("tsconfig.json", { include: ["src", "test"], compilerOptions })

  // Linked, every package sees what it declares and nothing else.
  run(folder, "npm", "install", "--install-strategy=linked", "--prefer-offline", "--no-audit", "--no-fund")
  run(folder, "npx", "--no-install", "tsc", "--project", ".")
  run(folder, "npx", "--no-install", "vitest", "run")
  for (const [name] of wanted.filter(([name]) => isOurs(name))) {
    for (const command of Object.keys(manifest(join(folder, "node_modules", name)).bin ?? {})) {
      run(folder, "npx", "--no-install", command, "--help")
    }
  }
  console.log(`packed, installed with npm, type-checked and tested: ${filters.filter(isOurs).join(", ")}`)
}

try {
  prove()
} catch (error) {
  console.error(`FAILED: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  if (argv.includes("--keep")) console.log(`left behind: ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}
