// Rest: each operation of the published client
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { aDoctor, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, expect } from 'vitest'
import { test as restTest } from '../../test/rest-test.ts'

const test = restTest.extend('baseUrl', { scope: 'file' }, ({ rest }) =>
  rest.app.listen({ port: 0, host: '127.0.0.1' }),
)

const root = join(import.meta.dirname, '../../../..')
const run = promisify(execFile)

/**
 * This Node, the one that is installed on the machine, and those of HOLDFAST_TEST_NODES (paths with colons between).
 * Node 20, 22 and 26 are supported; each takes 100 MB, too much for a package that only this test would use.
 */
function nodes(): string[] {
  const others = (process.env.HOLDFAST_TEST_NODES ?? '').split(delimiter).filter((path) => path !== '')
  return [process.execPath, ...['/usr/bin/node', '/usr/local/bin/node'].filter(existsSync), ...others]
}

let project: string
let client: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-client-'))
  client = join(project, 'node_modules/@holdfast/client')
  await run(process.execPath, [join(root, 'packages/contract/src/build-client.ts'), client])
})

afterAll(() => rm(project, { recursive: true, force: true }))

test.for(nodes().map((path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path]))(
  'the example of the client’s package books and cancels on Node %s',
  async ([, path = ''], { database, baseUrl, clinic }) => {
    await aSlot(database, await aDoctor(database, clinic))
    const { stdout } = await run(path, [join(client, 'example.mjs'), baseUrl], { cwd: project })
    expect(stdout).toMatch(/^held until .+\nCONFIRMED\nCANCELLED\n$/)
  },
)

test('the example fails with the code of a refusal', async ({ baseUrl }) => {
  const failed = run(process.execPath, [join(client, 'example.mjs'), `${baseUrl}/wrong`], { cwd: project })
  await expect(failed).rejects.toThrow(/not_found: /)
})

const program = `import { createHoldfastClient } from '@holdfast/client'
const { data, error } = await createHoldfastClient({ baseUrl: '' }).getDoctor({ path: { doctorId: '' } })
export const name: string | undefined = data?.name
export const code: string | undefined = error?.code
// @ts-expect-error: a doctor has no such field
data?.nickname
`

test('the package has types, and needs no other package', async () => {
  const manifest = JSON.parse(await readFile(join(client, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({ name: '@holdfast/client', type: 'module' })
  expect(manifest.dependencies).toBeUndefined()
  await writeFile(join(project, 'use.mts'), program)
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--typeRoots', project]
  const compiled = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...settings, 'use.mts'], {
    cwd: project,
  })
  expect((await compiled.catch(({ stdout }) => ({ stdout }))).stdout).toBe('')
})
