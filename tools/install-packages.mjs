import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { lockInstallation } from './lock-installation.mjs'

/**
 * Runs `npm ci` unless node_modules already is what package-lock.json says. Of two at once one installs and the other
 * waits for it.
 *
 * @param {string} root the checkout
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function installPackages(root) {
  if (whyInstall(root) === undefined) return { kind: 'ready' }
  const lock = await lockInstallation(root, say)
  if (lock.kind === 'failed') return lock
  try {
    // The one we waited for may have done it.
    const reason = whyInstall(root)
    if (reason === undefined) return { kind: 'ready' }
    say(`installing packages (${reason}). This is needed once and takes about a minute.`)
    return await runNpmCi(root)
  } finally {
    lock.release()
  }
}

/**
 * Why an installation is needed, or undefined. npm writes node_modules/.package-lock.json last, so it tells what is
 * installed, whoever installed it, and an installation cut short has none.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function whyInstall(root) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'))
  if (installed === undefined) return 'none are installed'
  if (wanted === undefined) return 'package-lock.json is unreadable'
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const found = installed[path]
    // Other platforms' packages are optional, and never here.
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
  // Set by the npm that runs this script; they would tell the inner npm that it is part of the outer one's command.
  for (const name of Object.keys(env)) if (/^npm_(lifecycle|package|command)/.test(name)) delete env[name]
  // npm empties node_modules, and with it the Node this may be running on: npm has to run on the machine's own.
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
  if (outcome.error?.code === 'ENOENT') return failed('npm is not there. It comes with Node (https://nodejs.org).')
  if (outcome.error !== undefined) return failed(`can't run npm: ${outcome.error.message}`)
  if (outcome.signal) return failed(`npm ci was stopped (${outcome.signal}).`)
  if (outcome.code !== 0) {
    return failed(
      `npm ci failed (exit code ${outcome.code}); what it said is above. The first start needs the npm registry: check the network, and its proxy and registry settings (npm config list).`,
    )
  }
  const missing = whyInstall(root)
  if (missing === undefined) return { kind: 'ready' }
  return failed(
    `npm ci ended well, and yet ${missing}. Most likely npm's install scripts are switched off (npm config get ignore-scripts): run \`npm ci --ignore-scripts=false\`.`,
  )
}

function failed(message) {
  return { kind: 'failed', message }
}

function say(message) {
  process.stderr.write(`holdfast: ${message}\n`)
}
