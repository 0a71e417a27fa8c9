import { execFileSync, type StdioOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { environmentFileText } from '../../packages/server/src/config/settings-docs.ts'
import { writeDashboards } from '../dashboards/grafana-json.ts'
import { type Lockfile, type Manifest, productionLockfile, withoutDevelopment } from './production-lockfile.ts'

/** A release that takes more is a surprise. The holidays' package alone has tables of the moon and the sun of 19 MB. */
export const unpackedBytesMax = 280_000_000

/** What the installed program starts from. Its dependencies are all that a release contains. */
const programWorkspace = 'packages/cli'

/** Tracked files of the checkout that are part of a release, besides the sources of the workspaces. */
const trackedPaths = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'ARCHITECTURE.md', 'deploy', 'docs']
const sourcesOf = (workspace: string) => ['src', 'sql'].map((name) => `${workspace}/${name}`)
const isTest = (path: string) => /\.test\.tsx?$/.test(path)

/** What installed packages contain for people who develop with them: types, source maps, documentation, tests. */
const developmentFile = /\.(map|md|markdown|flow|a|[cm]?ts)$/
const developmentFolders = new Set(['test', 'tests', '__tests__', 'benchmark', 'benchmarks', 'example', 'examples'])
const licence = /^(licen[cs]e|notice|copying)/i

/**
 * Puts a release into a new directory: the sources that run, the typed client, the built site, the production packages
 * with the Node and the PostgreSQL of this platform, a list of them (`sbom.cdx.json`, CycloneDX), and the checksums of
 * all files.
 */
export function stageRelease(root: string, directory: string): void {
  mkdirSync(directory, { recursive: true })
  const lock = productionLockfile(readJson<Lockfile>(join(root, 'package-lock.json')), programWorkspace)
  const workspaces = lock.packages['']?.workspaces ?? []
  writeJson(join(directory, 'package-lock.json'), lock)
  const manifest = withoutDevelopment(readJson<Manifest>(join(root, 'package.json')))
  writeJson(join(directory, 'package.json'), { ...manifest, workspaces })
  for (const workspace of workspaces) {
    mkdirSync(join(directory, workspace), { recursive: true })
    const own = withoutDevelopment(readJson<Manifest>(join(root, workspace, 'package.json')))
    writeJson(join(directory, workspace, 'package.json'), own)
  }
  for (const path of tracked(root, [...trackedPaths, ...workspaces.flatMap(sourcesOf)])) copy(root, directory, path)
  // Built, and so not in Git.
  copy(root, directory, 'packages/contract/src/client/generated')
  copy(root, directory, 'packages/web/dist')
  copy(root, directory, 'tools/v8-options.mjs')
  writeDashboards(directory)
  writeFileSync(join(directory, 'deploy/systemd', 'holdfast.env'), environmentFileText())
  writeLauncher(directory)
  installPackages(directory)
  writeBill(directory)
  writeFileSync(join(directory, 'SHA256SUMS'), checksumsOf(directory))
}

/** The files among these paths that git knows, so that nothing else gets into a release. */
function tracked(root: string, paths: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', ...paths], { cwd: root, encoding: 'utf8' })
  return listed.split('\0').filter((path) => path !== '' && !isTest(path))
}

function copy(root: string, directory: string, path: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  cpSync(join(root, path), join(directory, path), { recursive: true })
}

/** `bin/holdfast COMMAND`: the program, under the Node of the release. */
function writeLauncher(directory: string): void {
  const launcher = join(directory, 'bin/holdfast')
  mkdirSync(dirname(launcher))
  const script = [
    '#!/bin/sh',
    '# Runs a command of this release under its own Node: bin/holdfast --help',
    'root=$(dirname "$(dirname "$(readlink -f "$0")")")',
    'node=$root/node_modules/node/bin/node',
    '# shellcheck disable=SC2046 # one word for each option',
    'exec "$node" $("$node" "$root/tools/v8-options.mjs") "$root/packages/cli/src/main.ts" "$@"',
  ]
  writeFileSync(launcher, `${script.join('\n')}\n`)
  chmodSync(launcher, 0o755)
}

/** The packages of the lockfile, without what only development uses. */
function installPackages(directory: string): void {
  runNpm(directory, ['ci', '--omit=dev', '--include=optional', '--prefer-offline', '--no-audit', '--no-fund'])
  const packages = join(directory, 'node_modules')
  // The package that installs Node leaves it there a second time, with its headers.
  rmSync(join(packages, 'node/node_modules'), { recursive: true, force: true })
  removeDevelopmentFiles(packages)
  stripNode(join(packages, 'node/bin/node'))
}

function removeDevelopmentFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const isDevelopment = entry.isDirectory() ? developmentFolders.has(entry.name) : developmentFile.test(entry.name)
    if (isDevelopment && !licence.test(entry.name)) rmSync(path, { recursive: true })
    else if (entry.isDirectory()) removeDevelopmentFiles(path)
  }
}

/** Debian strips the symbols of its programs too: 33 of 150 MB. */
function stripNode(node: string): void {
  try {
    execFileSync('strip', ['--strip-unneeded', node])
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    process.stderr.write(
      "strip is missing (Debian's package binutils): the release is 33 MB larger than it has to be.\n",
    )
  }
}

type Bill = { metadata: { component: { name: string } } }

function writeBill(directory: string): void {
  const text = runNpm(directory, ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'])
  const bill = JSON.parse(text) as Bill
  // npm names it after the directory.
  bill.metadata.component.name = 'holdfast'
  writeJson(join(directory, 'sbom.cdx.json'), bill)
}

function runNpm(directory: string, args: string[]): string {
  // The variables of the npm that runs this script: the inner one would take itself for a part of that command.
  const outer = /^npm_(lifecycle|package|command)/
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)))
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit']
  const options = { cwd: directory, env, stdio, maxBuffer: 64 * 2 ** 20 }
  return execFileSync('npm', [...args, '--loglevel=error'], options).toString()
}

/** One line for each file, as `sha256sum --check` reads it. */
function checksumsOf(directory: string): string {
  return filesIn(directory)
    .map((path) => relative(directory, path))
    .filter((path) => path !== 'SHA256SUMS')
    .sort()
    .map((path) => `${sha256(join(directory, path))}  ${path}\n`)
    .join('')
}

/** Hexadecimal. */
export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** Paths of the files in a directory and below. Not Node's recursive reading, which follows symbolic links. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return filesIn(path)
    return entry.isFile() ? [path] : []
  })
}

function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(path, 'utf8')) as Value
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}
