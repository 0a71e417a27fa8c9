// Rest: each way of starting a command of the project
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** A checkout of nothing but the bootstrap and a program, with an npm of its own in `bin`. */
let checkout: string

const children: ChildProcess[] = []

const program = `
  if (process.argv[2] === 'count') {
    let count = 0
    process.on('SIGINT', () => {
      count += 1
      console.log(count)
    })
    process.on('SIGTERM', () => process.exit(count))
    setInterval(() => {}, 1000)
  }
  if (process.argv[2] === 'wait') {
    process.on('SIGTERM', () => process.exit(7))
    setInterval(() => {}, 1000)
  }
  const { argv, pid, execPath: node, execArgv: options } = process
  console.log(JSON.stringify({ args: argv.slice(2), pid, node, options }))
  if (process.argv[2] === 'exit') process.exit(Number(process.argv[3]))`

const lock = JSON.stringify({
  packages: {
    '': { name: 'checkout' },
    'node_modules/node': { version: '26.10.0', integrity: 'sha512-node' },
    'node_modules/for-another-platform': { version: '1.0.0', optional: true },
  },
})

/** Does what `npm ci` would, and writes down that it did. */
const npmThatInstalls = `echo "$@" >> npm-runs
  mkdir -p node_modules/node/bin
  ln -sf ${JSON.stringify(process.execPath)} node_modules/node/bin/node
  cp package-lock.json node_modules/.package-lock.json`

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'holdfast-bootstrap-'))
  await mkdir(join(checkout, 'tools'))
  for (const name of [
    'bootstrap.mjs',
    'build-if-stale.mjs',
    'build-site.mjs',
    'generate-client.mjs',
    'install-packages.mjs',
    'lock-installation.mjs',
    'one-signal-a-keystroke.mjs',
    'v8-options.mjs',
  ]) {
    await cp(join(root, 'tools', name), join(checkout, 'tools', name))
  }
  await mkdir(join(checkout, 'packages/cli/src'), { recursive: true })
  await writeFile(join(checkout, 'package.json'), '{"type":"module"}')
  await writeFile(join(checkout, 'packages/cli/src/main.ts'), program)
  await writeFile(join(checkout, 'package-lock.json'), lock)
  await mkdir(join(checkout, 'bin'))
  await symlink(process.execPath, join(checkout, 'bin/node'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(checkout, { recursive: true, force: true })
})

async function putNpm(script: string): Promise<void> {
  await writeFile(join(checkout, 'bin/npm'), `#!/bin/sh\nset -e\n${script}\n`)
  await chmod(join(checkout, 'bin/npm'), 0o755)
}

function start(...args: string[]) {
  return startWith([], args)
}

function startWith(nodeOptions: string[], args: string[], added: Record<string, string> = {}) {
  const env = { PATH: `${join(checkout, 'bin')}:/usr/bin:/bin`, ...added }
  const child = spawn(process.execPath, [...nodeOptions, join(checkout, 'tools/bootstrap.mjs'), ...args], {
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

async function npmRuns(): Promise<string[]> {
  const runs = await readFile(join(checkout, 'npm-runs'), 'utf8').catch(() => '')
  return runs.split('\n').filter((line) => line !== '')
}

test('a first run installs, reports it on stderr, and runs the program under the installed Node', async () => {
  await putNpm(npmThatInstalls)
  const { code, stdout, stderr } = await run('holdfast', 'replay', '--json', 'a b')
  expect(JSON.parse(stdout)).toMatchObject({ args: ['replay', '--json', 'a b'] })
  expect(stderr).toContain('installing packages (none are installed)')
  expect(code).toBe(0)
  expect(await npmRuns()).toEqual([expect.stringMatching(/^ci --include=dev --include=optional /)])
})

test('V8 gets one worker thread, and a larger young generation where there is memory for it', async () => {
  await putNpm(npmThatInstalls)
  const { options } = JSON.parse((await run('holdfast')).stdout)
  const isRoomy = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) >= 2 * 1024 ** 3
  expect(options).toEqual(['--v8-pool-size=1', ...(isRoomy ? ['--max-semi-space-size=64'] : [])])
})

test('a second run installs nothing; a changed lockfile does', async () => {
  await putNpm(npmThatInstalls)
  await run('holdfast')
  const second = await run('holdfast')
  expect(second.stderr).toBe('')
  expect(await npmRuns()).toHaveLength(1)
  await writeFile(join(checkout, 'package-lock.json'), lock.replace('26.10.0', '26.11.0'))
  const third = await run('holdfast')
  expect(third.stderr).toContain('node_modules/node is another version')
  expect(await npmRuns()).toHaveLength(2)
})

test('two first runs at once: one installs, the other waits for it', async () => {
  // npm is blocked until the other process reports that it waits.
  await putNpm(`while [ ! -e other-waits ]; do sleep 0.05; done\n${npmThatInstalls}`)
  const both = [start('holdfast', 'one'), start('holdfast', 'two')]
  const waiting = both.map(async (child) => {
    for await (const line of createInterface(child.stderr)) {
      if (line.includes('waiting for process')) await writeFile(join(checkout, 'other-waits'), '')
    }
  })
  const outputs = await Promise.all(both.map((child) => text(child.stdout)))
  await Promise.all(waiting)
  expect(outputs.map((output) => JSON.parse(output).args).sort()).toEqual([['one'], ['two']])
  expect(await npmRuns()).toHaveLength(1)
})

test('an npm that says nothing for long, as without a network, is reported', async () => {
  // npm is blocked until the report has been seen.
  await putNpm(`while [ ! -e reported ]; do sleep 0.05; done\n${npmThatInstalls}`)
  const script = `
    import { installPackages } from './tools/install-packages.mjs'
    console.log((await installPackages(process.cwd(), { reportMs: 20 })).kind)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: checkout,
    env: { PATH: `${join(checkout, 'bin')}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  // Read from the start: what nobody reads when a process ends is dropped.
  const said = text(child.stdout)
  for await (const line of createInterface(child.stderr)) {
    if (line.includes('npm is still installing')) await writeFile(join(checkout, 'reported'), '')
  }
  expect(await said).toBe('ready\n')
})

test('an installation whose process was killed does not block the next one', async () => {
  await putNpm(npmThatInstalls)
  const gone = spawn('/bin/sh', ['-c', 'exit'])
  await once(gone, 'exit')
  await writeFile(join(checkout, '.install-lock'), JSON.stringify({ pid: gone.pid, startTime: '1' }))
  expect((await run('holdfast')).code).toBe(0)
  // The same process id, reused: this process is alive, but started at another time.
  await rm(join(checkout, 'node_modules'), { recursive: true })
  await writeFile(join(checkout, '.install-lock'), JSON.stringify({ pid: process.pid, startTime: 'long ago' }))
  expect((await run('holdfast')).code).toBe(0)
  expect(await npmRuns()).toHaveLength(2)
})

test.each(['', 'null', '{"pid":'])('a damaged lock, such as %j after a power cut, is taken over', async (damaged) => {
  await putNpm(npmThatInstalls)
  await writeFile(join(checkout, '.install-lock'), damaged)
  expect((await run('holdfast')).code).toBe(0)
  expect(await npmRuns()).toHaveLength(1)
  await expect(stat(join(checkout, '.install-lock'))).rejects.toThrow('ENOENT')
})

test('an npm that fails, is missing, or may not run install scripts is reported, and nothing runs', async () => {
  await putNpm('echo "npm error network" >&2; exit 1')
  const failing = await run('holdfast')
  expect(failing).toMatchObject({ code: 1, stdout: '' })
  expect(failing.stderr).toContain('npm error network')
  expect(failing.stderr).toContain('npm ci failed (exit code 1)')
  await putNpm('mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json')
  const blocked = await run('holdfast')
  expect(blocked).toMatchObject({ code: 1, stdout: '' })
  expect(blocked.stderr).toContain('npm ci --ignore-scripts=false')
  await rm(join(checkout, 'bin/npm'))
  const child = spawn(process.execPath, [join(checkout, 'tools/bootstrap.mjs'), 'holdfast'], {
    env: { PATH: join(checkout, 'bin') },
  })
  expect(await text(child.stderr)).toContain('npm is missing')
})

test('the exit code is the program’s, and a signal reaches it', async () => {
  await putNpm(npmThatInstalls)
  expect((await run('holdfast', 'exit', '5')).code).toBe(5)
  const waiting = start('holdfast', 'wait')
  const [line] = await once(createInterface(waiting.stdout), 'line')
  expect(JSON.parse(String(line)).pid, 'one process, not two').toBe(waiting.pid)
  waiting.kill('SIGTERM')
  expect(await once(waiting, 'exit')).toEqual([7, null])
})

test('a Node without execve stays the parent, and passes on signals and exit codes', async () => {
  await putNpm(npmThatInstalls)
  const withoutExecve = ['--import', 'data:text/javascript,process.execve = undefined']
  const exiting = startWith(withoutExecve, ['holdfast', 'exit', '5'])
  expect(await once(exiting, 'exit')).toEqual([5, null])
  const waiting = startWith(withoutExecve, ['holdfast', 'wait'])
  const [line] = await once(createInterface(waiting.stdout), 'line')
  expect(JSON.parse(String(line)).pid).not.toBe(waiting.pid)
  waiting.kill('SIGTERM')
  expect(await once(waiting, 'exit')).toEqual([7, null])
})

test('one Ctrl-C under npm, which arrives twice, counts once; without npm each counts', async () => {
  await putNpm(npmThatInstalls)
  for (const [env, heard] of [
    // The clock is stopped: a busy machine may take longer than the two signals are apart.
    [{ npm_lifecycle_event: 'start', NODE_OPTIONS: '--import=data:text/javascript,performance.now=()=>0' }, 1],
    [{}, 2],
  ] as const) {
    const child = startWith([], ['holdfast', 'count'], env)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    await lines.next()
    child.kill('SIGINT')
    expect((await lines.next()).value).toBe('1')
    child.kill('SIGINT')
    // Signals are delivered in the order of their numbers, so this one arrives after the SIGINT.
    if (heard === 2) expect((await lines.next()).value).toBe('2')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([heard, null])
  }
})

test('run installs too, and runs a script of the checkout with its arguments', async () => {
  await putNpm(npmThatInstalls)
  await writeFile(join(checkout, 'tools/check.ts'), program)
  const { code, stdout } = await run('run', 'tools/check.ts', '--write', 'exit')
  expect(JSON.parse(stdout)).toMatchObject({ args: ['--write', 'exit'], options: [] })
  expect(code).toBe(0)
  expect(await npmRuns()).toHaveLength(1)
})

test('a start whose settings are wrong ends before the site is built', async () => {
  await putNpm(npmThatInstalls)
  await mkdir(join(checkout, 'packages/web/dist'), { recursive: true })
  await writeFile(join(checkout, 'packages/web/build.ts'), '')
  const check = join(checkout, 'tools/check-settings.ts')
  await writeFile(check, 'console.error("PORT is wrong")\nprocess.exitCode = 1')
  const { code, stdout, stderr } = await run('holdfast', 'start')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('PORT is wrong')
  expect(stderr).not.toContain('building the site')
  await writeFile(check, '')
  const right = await run('holdfast', 'start')
  expect(right.stderr).toContain('building the site')
  expect(JSON.parse(right.stdout)).toMatchObject({ args: ['start'] })
})

test('an unknown command is refused by its name', async () => {
  for (const name of ['hodlfast', 'run']) {
    const { code, stderr } = await run(name)
    expect(code).toBe(1)
    expect(stderr).toContain(`"${name}"`)
  }
})
