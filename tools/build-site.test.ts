import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** A checkout with a build that counts how often it ran. */
let checkout: string

const countingBuild = `
  import { appendFileSync, mkdirSync } from 'node:fs'
  mkdirSync('packages/web/dist', { recursive: true })
  appendFileSync('packages/web/dist/built', 'x')`

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'holdfast-build-site-'))
  for (const directory of ['tools', 'packages/web/src', 'node_modules/node/bin']) {
    await mkdir(join(checkout, directory), { recursive: true })
  }
  for (const name of ['build-if-stale.mjs', 'build-site.mjs', 'generate-client.mjs', 'lock-installation.mjs']) {
    await cp(join(root, 'tools', name), join(checkout, 'tools', name))
  }
  await symlink(process.execPath, join(checkout, 'node_modules/node/bin/node'))
  await writeFile(join(checkout, 'package.json'), '{"type":"module"}')
  await writeFile(join(checkout, 'packages/web/build.ts'), countingBuild)
  await writeFile(join(checkout, 'packages/web/src/main.tsx'), 'first')
})

afterEach(() => rm(checkout, { recursive: true, force: true }))

test('a wait for another process says what has to be done: packages, or the site', async () => {
  const lock = join(checkout, '.install-lock')
  const stat = await readFile('/proc/self/stat', 'utf8').catch(() => null)
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  await writeFile(lock, JSON.stringify({ pid: process.pid, startTime }))
  const child = spawn(process.execPath, ['tools/build-site.mjs'], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  const [line] = await once(createInterface(child.stderr), 'line')
  expect(line).toBe(
    `holdfast: the site has to be built: waiting for process ${process.pid}, which is installing or building.`,
  )
  await rm(lock)
  expect(await exited).toEqual([0, null])
})

async function run(): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['tools/build-site.mjs'], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stderr }
}

async function builds(): Promise<number> {
  return (await readFile(join(checkout, 'packages/web/dist/built'), 'utf8')).length
}

test('it is built once, and again when a source changed, but not for a test', async () => {
  expect((await run()).stderr).toContain('building the site')
  expect((await run()).stderr).toBe('')
  expect(await builds()).toBe(1)
  await writeFile(join(checkout, 'packages/web/src/main.test.ts'), 'a test')
  await run()
  expect(await builds()).toBe(1)
  await writeFile(join(checkout, 'packages/web/src/main.tsx'), 'second')
  await run()
  expect(await builds()).toBe(2)
})

test('of two at once one builds, and the other waits', async () => {
  const both = await Promise.all([run(), run()])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(await builds()).toBe(1)
})

test('a build that fails is said, and tried again', async () => {
  await writeFile(join(checkout, 'packages/web/build.ts'), 'process.exit(3)')
  const failed = await run()
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be built (exit code 3)') })
  await writeFile(join(checkout, 'packages/web/build.ts'), countingBuild)
  expect((await run()).code).toBe(0)
  expect(await builds()).toBe(1)
})

test('a checkout without a site has nothing to build', async () => {
  await rm(join(checkout, 'packages/web'), { recursive: true })
  expect(await run()).toEqual({ code: 0, stderr: '' })
})
