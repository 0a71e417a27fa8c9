import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { lockInstallation } from './lock-installation.mjs'

/**
 * Runs `npm ci` unless node_modules matches package-lock.json. If there are two processes, one installs, and the other
 * waits.
 *
 * @param {string} root the checkout
 * @param {{ reportMs?: number, say?: (message: string) => void }} options how often to report that npm still runs
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function installPackages(root, { reportMs = 15_000, say = toStderr } = {}) {
  if (whyInstall(root) === undefined) return { kind: 'ready' }
  const lock = await lockInstallation(join(root, '.install-lock'), 'packages have to be installed', say)
  if (lock.kind === 'failed') return lock
  try {
    // The process that this one waited for may have done it.
    const reason = whyInstall(root)
    if (reason === undefined) return { kind: 'ready' }
    say(`installing packages (${reason}). This is needed once, and takes from one to some minutes.`)
    const startedAt = Date.now()
    const reporting = setInterval(() => {
      const seconds = Math.round((Date.now() - startedAt) / 1000)
      // npm reports nothing while it tries to reach the registry.
      say(`npm is still installing, after ${seconds} s. Without a network it may take a quarter of an hour.`)
    }, reportMs)
    try {
      return await runNpmCi(root)
    } finally {
      clearInterval(reporting)
    }
  } finally {
    lock.release()
  }
}

/**
 * The reason why an installation is needed, or undefined. npm writes node_modules/.package-lock.json last: it lists
 * what is installed, and an interrupted installation has none.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
function whyInstall(root) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'))
  if (installed === undefined) return 'none are installed'
  if (wanted === undefined) return 'package-lock.json is unreadable'
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const found = installed[path]
    // The optional packages of other platforms are never installed.
    if (found === undefined && (entry.optional === true || entry.devOptional === true)) continue
    if (found === undefined) return `${path} is missing`
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} is another version`
  }
  if (!existsSync(join(root, 'node_modules/node/bin/node'))) return 'the Node that Holdfast runs on is missing'
  return undefined
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

async function runNpmCi(root) {
  const binaries = join(root, 'node_modules/.bin')
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== binaries)
  const env = { ...process.env, PATH: path.join(delimiter) }
  // Set by the npm that runs this script: the inner npm would take itself for a part of that command.
  for (const name of Object.keys(env)) if (/^npm_(lifecycle|package|command)/.test(name)) delete env[name]
  // npm deletes node_modules, and with it the Node that may be running this: npm needs the machine's Node.
  const { npm_execpath: npmScript, npm_node_execpath: npmNode } = process.env
  const viaNpm = npmScript !== undefined && npmNode !== undefined && !npmNode.startsWith(join(root, 'node_modules'))
  const [program, ...first] = viaNpm ? [npmNode, npmScript] : ['npm']
  const args = [...first, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const outcome = await new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', process.stderr, process.stderr] })
    const pass = (signal) => child.kill(signal)
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass)
    child.on('error', (error) => resolve({ code: 1, error }))
    child.on('exit', (code, signal) => {
      for (const name of ['SIGTERM', 'SIGHUP']) process.removeListener(name, pass)
      resolve({ code: code ?? 1, signal })
    })
  })
  if (outcome.error?.code === 'ENOENT') return failed('npm is missing. It comes with Node (https://nodejs.org).')
  if (outcome.error !== undefined) return failed(`can't run npm: ${outcome.error.message}`)
  if (outcome.signal) return failed(`npm ci was stopped (${outcome.signal}).`)
  if (outcome.code !== 0) {
    return failed(
      `npm ci failed (exit code ${outcome.code}); see its output above. The first start needs the npm registry: ` +
        'check the network, and the proxy and registry settings of npm (npm config list).',
    )
  }
  const missing = whyInstall(root)
  if (missing === undefined) return { kind: 'ready' }
  return failed(
    `npm ci succeeded, but ${missing}. Most likely npm's install scripts are switched off ` +
      '(npm config get ignore-scripts): run `npm ci --ignore-scripts=false`.',
  )
}

function failed(message) {
  return { kind: 'failed', message }
}

function toStderr(message) {
  process.stderr.write(`holdfast: ${message}\n`)
}
