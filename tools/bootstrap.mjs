// Starts the commands of a checkout: `node tools/bootstrap.mjs holdfast ARGS…`, `node tools/bootstrap.mjs test ARGS…`,
// and any other script of the checkout by `node tools/bootstrap.mjs run FILE ARGS…`. Installs the packages when they
// are missing or don't match package-lock.json, builds what is not in Git and was not built from the current sources,
// then hands over to the Node that came with the packages. Needs only Node's built-ins, because it runs before anything
// is installed. Its messages go to stderr: stdout belongs to the command.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSite } from './build-site.mjs'
import { generateClient } from './generate-client.mjs'
import { installPackages } from './install-packages.mjs'
import { v8Options } from './v8-options.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const nodeMajorMin = 20

/** The arguments for the installed Node, or undefined for an unknown command. */
function programOf(command, args) {
  if (command === 'holdfast') return [join(root, 'packages/cli/src/main.ts'), ...args]
  if (command === 'test') return [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...args]
  if (command === 'run' && args.length > 0) return [join(root, args[0]), ...args.slice(1)]
  return undefined
}

function fail(message) {
  process.stderr.write(`holdfast: ${message}\n`)
  process.exit(1)
}

/**
 * Replaces this process by the program where Node can (22.15 and newer), so that signals and exit codes need no relay.
 */
function handOver(node, args, env) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node, ...args], env)
  }
  const child = spawn(node, args, { env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches the whole foreground group, including the child.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    })
  }
  // A killed npm must not leave a server running. One that has replaced this process watches npm itself
  // (stop-with-parent.ts).
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) child.kill('SIGTERM')
  }, 1000)
  watch.unref()
  child.on('error', (error) => fail(`can't run ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const nodeMajor = Number(process.versions.node.split('.')[0])
if (nodeMajor < nodeMajorMin) {
  fail(`this is Node ${process.versions.node}; Node ${nodeMajorMin} or newer is required (https://nodejs.org).`)
}
const [command, ...args] = process.argv.slice(2)
const program = programOf(command, args)
if (program === undefined) fail(`unknown command ${JSON.stringify(command)}: expected holdfast, test or run FILE.`)

const installed = await installPackages(root)
if (installed.kind === 'failed') fail(installed.message)
const isStart = command === 'holdfast' && args[0] === 'start'
const check = isStart ? 'tools/check-settings.ts' : undefined
const built = command === 'test' || isStart ? await buildSite(root, check) : await generateClient(root)
if (built.kind === 'failed') fail(built.message)

const node = join(root, 'node_modules/node/bin/node')
if (!existsSync(program[0])) fail(`${program[0]} is missing: this checkout is incomplete.`)
const binaries = join(root, 'node_modules/.bin')
const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== binaries)
// npm forwards signals that the terminal has already sent.
const onceOnly = ['--import', pathToFileURL(join(root, 'tools/one-signal-a-keystroke.mjs')).href]
const nodeOptions = process.env.npm_lifecycle_event === undefined ? [] : onceOnly
// `npm test` alone runs the first part (tools/test-parts.ts); with arguments, what they name.
const part = command === 'test' && args.length === 0 ? { HOLDFAST_TEST_PART: 'first' } : {}
handOver(node, [...(command === 'holdfast' ? v8Options() : []), ...nodeOptions, ...program], {
  ...part,
  ...process.env,
  PATH: [binaries, ...path].join(delimiter),
})
