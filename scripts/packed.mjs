// Tests the packages as npm users get them. Packs them, installs the tarballs
// with npm in folders outside the workspace, and there
// - type-checks and tests the example of testkit, and
// - runs the command and a small program of cluster-emulator, with nothing else
//   installed: no effect, no vitest.
// `--keep` leaves the folders behind.
import { execFileSync, spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { argv, execPath, platform } from "node:process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const example = join(root, "examples/20-your-own-kind")
const emulator = join(root, "packages/cluster-emulator")

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

/** @param {string} folder @param {string} file @param {unknown} value */
const write = (folder, file, value) => writeFileSync(join(folder, file), JSON.stringify(value, undefined, 2))

/** @param {string} path */
const manifest = (path) => JSON.parse(readFileSync(join(path, "package.json"), "utf8"))

/** @param {string} name */
const isOurs = (name) => name.startsWith("@portolan/")

/**
 * Dependencies by version: a tarball for each of our packages, the workspace's version for every other package.
 * @param {string} path the package in whose node_modules the dependencies are
 * @param {ReadonlyArray<string>} names
 */
const dependencies = (path, names) =>
  names.map((name) => {
    const { version } = manifest(join(path, "node_modules", name))
    return /** @type {const} */ ([name, isOurs(name) ? tarball(name, version) : version])
  })

/**
 * The packages of ours that other packages of ours depend on. npm finds them only as dependencies of the folder itself.
 * @param {string} path
 * @param {ReadonlyArray<string>} names
 * @returns {ReadonlyArray<readonly [string, string]>}
 */
const indirect = (path, names) =>
  names.filter(isOurs).flatMap((name) => {
    const inside = join(path, "node_modules", name)
    const others = Object.keys(manifest(inside).dependencies ?? {}).filter(isOurs)
    return [...dependencies(inside, others), ...indirect(inside, others)]
  })

/** @param {string} name @param {string} version */
const tarball = (name, version) => `file:${name.slice(1).replace("/", "-")}-${version}.tgz`

/** @param {string} folder @param {ReadonlyArray<string>} names */
const pack = (folder, names) => {
  const filters = names.flatMap((name) => ["--filter", name])
  run(root, "pnpm", ...filters, "run", "build")
  run(root, "pnpm", ...filters, "exec", "pnpm", "pack", "--silent", "--pack-destination", folder)
}

/** Linked, every package sees its own dependencies only. @param {string} folder */
const install = (folder) =>
  run(folder, "npm", "install", "--install-strategy=linked", "--prefer-offline", "--no-audit", "--no-fund")

/** As strict as possible. The declarations of the packages are checked too. */
const compilerOptions = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable"],
  types: ["node"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
  noEmit: true
}

/** @param {string} folder */
const proveExample = (folder) => {
  const { dependencies: direct, devDependencies } = manifest(example)
  const wanted = new Map(dependencies(example, Object.keys({ ...direct, ...devDependencies })))
  for (const [name, version] of indirect(example, [...wanted.keys()])) wanted.set(name, version)
  const ours = [...wanted.keys()].filter(isOurs)
  pack(folder, ours)
  for (const part of ["src", "test", "vitest.config.ts"])
    cpSync(join(example, part), join(folder, part), { recursive: true })
  write(folder, "package.json", { private: true, type: "module", dependencies: Object.fromEntries(wanted) })
  // The declarations of effect name types of the DOM.
  const lib = [...compilerOptions.lib, "dom"]
  write(folder, "tsconfig.json", { include: ["src", "test"], compilerOptions: { ...compilerOptions, lib } })
  install(folder)
  run(folder, "npx", "--no-install", "tsc", "--project", ".")
  run(folder, "npx", "--no-install", "vitest", "run")
  for (const name of ours) {
    for (const command of Object.keys(manifest(join(folder, "node_modules", name)).bin ?? {})) {
      run(folder, "npx", "--no-install", command, "--help")
    }
  }
  console.log(`packed, installed with npm, type-checked and tested: ${ours.join(", ")}`)
}

/** A program of a user of cluster-emulator. */
const program = `import { Cluster } from "@portolan/cluster-emulator"

await using cluster = await Cluster.start()
const metadata = { name: "greeting" }
await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { text: "hello" } })
const response = await fetch(\`\${cluster.url}/api/v1/namespaces/default/configmaps/greeting\`)
const { data } = JSON.parse(await response.text())
if (data.text !== "hello") throw new Error("the cluster does not serve what was applied")
`

/** @param {string} folder */
const proveEmulator = async (folder) => {
  const { name, version } = manifest(emulator)
  pack(folder, [name])
  const tools = dependencies(emulator, ["@types/node", "typescript"])
  write(folder, "package.json", {
    private: true,
    type: "module",
    dependencies: { ...Object.fromEntries(tools), [name]: tarball(name, version) }
  })
  write(folder, "tsconfig.json", { include: ["*.ts"], compilerOptions })
  writeFileSync(join(folder, "program.ts"), program)
  install(folder)
  for (const other of ["effect", "vitest", "@portolan/planner"]) {
    for (const place of ["node_modules", "node_modules/.store"]) {
      if (existsSync(join(folder, place, other))) throw new Error(`${name} installs ${other}`)
    }
  }
  run(folder, "npx", "--no-install", "tsc", "--project", ".")
  run(folder, execPath, "program.ts")
  run(folder, "npx", "--no-install", "cluster-emulator", "--help")
  await proveCommand(
    folder,
    join("node_modules", name, manifest(join(folder, "node_modules", name)).bin["cluster-emulator"])
  )
  console.log(`packed, installed with npm alone, and run: ${name}`)
}

/**
 * Starts the command, reads the Namespaces over HTTP and stops it.
 * @param {string} folder
 * @param {string} command
 */
const proveCommand = async (folder, command) => {
  console.log(`== ${command}`)
  const child = spawn(execPath, [command], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
  try {
    /** @type {string} */
    const url = await new Promise((resolve, reject) => {
      let output = ""
      child.stdout.on("data", (chunk) => {
        output += chunk
        const [, found] = /Kubernetes API at (\S+),/u.exec(output) ?? []
        if (found !== undefined) resolve(found)
      })
      child.on("exit", (code) => reject(new Error(`${command} exited with ${code}`)))
    })
    const response = await fetch(`${url}/api/v1/namespaces`)
    const { items } = JSON.parse(await response.text())
    if (items.length !== 2) throw new Error(`expected two Namespaces, got ${JSON.stringify(items)}`)
    const exited = new Promise((resolve) => child.on("exit", resolve))
    child.kill("SIGTERM")
    const code = await exited
    if (code !== 0 && platform !== "win32") throw new Error(`${command} exited with ${code} on SIGTERM`)
  } finally {
    child.kill("SIGKILL")
  }
}

/** @param {(folder: string) => void | Promise<void>} prove */
const inFolder = async (prove) => {
  const folder = mkdtempSync(join(tmpdir(), "portolan-packed-"))
  try {
    await prove(folder)
  } finally {
    if (argv.includes("--keep")) console.log(`left behind: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

try {
  await inFolder(proveEmulator)
  await inFolder(proveExample)
} catch (error) {
  console.error(`FAILED: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
