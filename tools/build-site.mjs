// Builds the site if it has not been built from the current sources. The bootstrap does it before
// `holdfast start` and before the tests; `node tools/build-site.mjs` does it alone. Needs only Node's built-ins.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lockInstallation } from './lock-installation.mjs'

/** The inputs of the build, besides the packages in package-lock.json. */
const sources = [
  'package-lock.json',
  'CHANGELOG.md',
  'docs',
  'packages/contract/src/client',
  'packages/vocabulary/src',
  'packages/web/index.html',
  'packages/web/build.ts',
  'packages/web/vite.config.ts',
  'packages/web/first-files-of-build.ts',
  'packages/web/first-pages.ts',
  'packages/web/help',
  'packages/web/service-worker-of-build.ts',
  'packages/web/public',
  'packages/web/service-worker',
  'packages/web/src',
]

/**
 * Builds the site unless it was built from the current sources. If there are two processes, one builds, and the other
 * waits. A checkout without a site has nothing to build.
 *
 * @param {string} root the checkout, with its packages installed
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function buildSite(root) {
  const script = join(root, 'packages/web/build.ts')
  if (!existsSync(script) || isBuilt(root, digestOf(root))) return { kind: 'ready' }
  const lock = await lockInstallation(root, 'the site has to be built', say)
  if (lock.kind === 'failed') return lock
  try {
    // The process that this one waited for may have done it.
    const digest = digestOf(root)
    if (isBuilt(root, digest)) return { kind: 'ready' }
    say('building the site. This is needed once, and takes some seconds.')
    const code = await run(join(root, 'node_modules/node/bin/node'), [script])
    if (code !== 0)
      return { kind: 'failed', message: `the site could not be built (exit code ${code}); see its output above.` }
    writeFileSync(stampOf(root), digest)
    return { kind: 'ready' }
  } finally {
    lock.release()
  }
}

function stampOf(root) {
  return join(root, 'packages/web/dist/.sources')
}

function isBuilt(root, digest) {
  try {
    return readFileSync(stampOf(root), 'utf8') === digest
  } catch {
    return false
  }
}

/** A digest of names and contents; modification times mean nothing after a checkout. */
function digestOf(root) {
  const hash = createHash('sha256')
  for (const path of sources.flatMap((source) => filesIn(root, source))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesIn(root, path) {
  if (!existsSync(join(root, path))) return []
  const entries = readdirSafely(join(root, path))
  if (entries === undefined) return [path]
  const found = entries.flatMap((entry) => filesIn(root, `${path}/${entry}`))
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildSite(dirname(dirname(fileURLToPath(import.meta.url))))
  if (built.kind === 'failed') {
    say(built.message)
    process.exitCode = 1
  }
}
