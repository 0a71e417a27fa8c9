import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** A checkout with a generator and a build of the site that write down, in this order, that they ran. */
let checkout: string

const noting = (word: string, result: string) => `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
  mkdirSync('${result}', { recursive: true })
  writeFileSync('${result}/sdk.gen.ts', '')
  appendFileSync('ran', '${word} ')`

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'holdfast-generate-client-'))
  for (const directory of ['tools', 'node_modules/node/bin'])
    await mkdir(join(checkout, directory), { recursive: true })
  for (const name of ['build-if-stale.mjs', 'build-site.mjs', 'generate-client.mjs', 'lock-installation.mjs']) {
    await cp(join(root, 'tools', name), join(checkout, 'tools', name))
  }
  await symlink(process.execPath, join(checkout, 'node_modules/node/bin/node'))
  await write('package.json', '{"type":"module"}')
  await write('packages/contract/src/generate.ts', noting('client', 'packages/contract/src/client/generated'))
  await write('packages/contract/src/openapi.ts', 'first')
  await write('packages/vocabulary/src/index.ts', 'first')
})

afterEach(() => rm(checkout, { recursive: true, force: true }))

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(checkout, path)), { recursive: true })
  await writeFile(join(checkout, path), content)
}

async function run(script = 'tools/generate-client.mjs'): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [script], { cwd: checkout, stdio: ['ignore', 'ignore', 'pipe'] })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stderr }
}

async function ran(): Promise<string> {
  return (await readFile(join(checkout, 'ran'), 'utf8')).trim()
}

test('the client is generated once, and again when the contract or the vocabulary changed', async () => {
  expect((await run()).stderr).toContain('building the typed client')
  expect(await run()).toEqual({ code: 0, stderr: '' })
  expect(await ran()).toBe('client')
  await write('packages/contract/src/openapi.ts', 'second')
  await run()
  await write('packages/vocabulary/src/index.ts', 'second')
  await run()
  expect(await ran()).toBe('client client client')
})

test('a client that was removed is generated again, also if Git left the stamp', async () => {
  await run()
  await rm(join(checkout, 'packages/contract/src/client'), { recursive: true })
  await run()
  await rm(join(checkout, 'packages/contract/src/client/generated/sdk.gen.ts'))
  await run()
  expect(await ran()).toBe('client client client')
})

test('the site is built after the client, and both again when the contract changed', async () => {
  await write('packages/web/build.ts', noting('site', 'packages/web/dist'))
  await run('tools/build-site.mjs')
  await run('tools/build-site.mjs')
  expect(await ran()).toBe('client site')
  await write('packages/contract/src/openapi.ts', 'second')
  await run('tools/build-site.mjs')
  expect(await ran()).toBe('client site client site')
})

test('a client that can not be generated is reported, and no site is built', async () => {
  await write('packages/web/build.ts', noting('site', 'packages/web/dist'))
  await write('packages/contract/src/generate.ts', 'process.exit(3)')
  const failed = await run('tools/build-site.mjs')
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be built (exit code 3)') })
  await expect(ran()).rejects.toThrow('ENOENT')
})

test('without the Node of the packages, one that runs TypeScript generates it', async () => {
  await rm(join(checkout, 'node_modules'), { recursive: true })
  expect((await run()).code).toBe(0)
  expect(await ran()).toBe('client')
})

test('npm generates it while the bootstrap, which waits for npm, has the lock of the installation', async () => {
  const stat = await readFile('/proc/self/stat', 'utf8').catch(() => null)
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  await write('.install-lock', JSON.stringify({ pid: process.pid, startTime }))
  expect((await run()).code).toBe(0)
  expect(await ran()).toBe('client')
})
