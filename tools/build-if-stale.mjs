import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { lockInstallation } from './lock-installation.mjs'

/**
 * What is built from sources of the checkout, and is not in Git. All paths are relative to the checkout.
 *
 * @typedef {object} Build
 * @property {string} name in messages, such as `the site`
 * @property {string} script the TypeScript that replaces the result as a whole
 * @property {string[]} sources files and folders that the result depends on. Tests and the result are none.
 * @property {string} result without it, the stamp is worthless
 * @property {string} stamp a file in the folder of the result; it gets the digest of the sources
 * @property {string} lock
 */

/**
 * Builds something unless it was built from the current sources. If there are two processes, one builds, and the other
 * waits. A checkout without the script has nothing to build.
 *
 * @param {string} root the checkout, with its packages installed
 * @param {Build} build
 * @param {string} [check] a TypeScript that says what is wrong, and fails, if building is of no use
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function buildIfStale(root, build, check) {
  const { name, script } = build
  if (!existsSync(join(root, script)) || isBuilt(root, build, digestOf(root, build))) return { kind: 'ready' }
  const lock = await lockInstallation(join(root, build.lock), `${name} has to be built`, say)
  if (lock.kind === 'failed') return lock
  try {
    // The process that this one waited for may have done it.
    const digest = digestOf(root, build)
    if (isBuilt(root, build, digest)) return { kind: 'ready' }
    const node = nodeOf(root)
    if (node === undefined) {
      const remedy = "allow npm's install scripts: run `npm ci --ignore-scripts=false`"
      return { kind: 'failed', message: `${name} has to be built, and the Node for it is missing: ${remedy}.` }
    }
    if (check !== undefined && (await run(node, [join(root, check)])) !== 0) {
      return { kind: 'failed', message: 'nothing was built or started, for what is written above.' }
    }
    say(`building ${name}. This is needed after a change, and takes some seconds.`)
    const code = await run(node, [join(root, script)])
    if (code !== 0)
      return { kind: 'failed', message: `${name} could not be built (exit code ${code}); see its output above.` }
    writeFileSync(join(root, build.stamp), digest)
    return { kind: 'ready' }
  } finally {
    lock.release()
  }
}

function isBuilt(root, { result, stamp }, digest) {
  try {
    return existsSync(join(root, result)) && readFileSync(join(root, stamp), 'utf8') === digest
  } catch {
    return false
  }
}

/** A digest of names and contents; modification times mean nothing after a checkout. */
function digestOf(root, { sources, stamp }) {
  const result = dirname(stamp)
  const hash = createHash('sha256')
  for (const path of sources.flatMap((source) => filesIn(root, source, result))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesIn(root, path, result) {
  if (path === result || !existsSync(join(root, path))) return []
  const entries = readdirSafely(join(root, path))
  if (entries === undefined) return [path]
  const found = entries.flatMap((entry) => filesIn(root, `${path}/${entry}`, result))
  return found.filter((file) => !/\.test\.tsx?$/.test(file)).sort()
}

/** undefined: it is a file. */
function readdirSafely(path) {
  try {
    return readdirSync(path)
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Without the Node of the packages (`npm ci --ignore-scripts`), the machine's, if it is one that runs TypeScript. */
function nodeOf(root) {
  const installed = join(root, 'node_modules/node/bin/node')
  if (existsSync(installed)) return installed
  return process.features.typescript ? process.execPath : undefined
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', process.stderr, process.stderr] })
    child.on('error', (error) => {
      say(`can't run ${program}: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function say(message) {
  process.stderr.write(`holdfast: ${message}\n`)
}

/**
 * Ends a program that only builds: says what failed, and sets the exit code.
 *
 * @param {Awaited<ReturnType<typeof buildIfStale>>} built
 */
export function reportBuilt(built) {
  if (built.kind === 'ready') return
  say(built.message)
  process.exitCode = 1
}
