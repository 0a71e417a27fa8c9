// Completeness: openapi.json or the client is not generated: run `npm run contract`
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateContract } from './generate.ts'

const committed = join(import.meta.dirname, '..')
let fresh: string

beforeAll(async () => {
  fresh = await mkdtemp(join(tmpdir(), 'holdfast-contract-'))
  await mkdir(join(fresh, 'src/client'), { recursive: true })
  // The generator looks for a package.json to learn how modules are written.
  await writeFile(join(fresh, 'package.json'), '{"type": "module"}')
  await generateContract(fresh)
})

afterAll(() => rm(fresh, { recursive: true, force: true }))

/** The names of generated files whose text differs between two folders, or that only one has. */
async function stale(one: string, other: string): Promise<string[]> {
  const [left, right] = await Promise.all([generatedFiles(one), generatedFiles(other)])
  const names = [...new Set([...left.keys(), ...right.keys()])].sort()
  return names.filter((name) => left.get(name) !== right.get(name))
}

async function generatedFiles(directory: string): Promise<Map<string, string>> {
  const folder = join(directory, 'src/client/generated')
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const texts = new Map([['openapi.json', await readFile(join(directory, 'openapi.json'), 'utf8')]])
  for (const name of names) texts.set(name, await readFile(join(folder, name), 'utf8'))
  return texts
}

test('openapi.json and the client are what the schemas give: else run `npm run contract`', async () => {
  expect(await stale(committed, fresh)).toEqual([])
})

test('a client that was changed by hand is noticed', async () => {
  const path = join(fresh, 'src/client/generated/sdk.gen.ts')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replaceAll('/api/v1/clinics', '/api/v1/klinics'))
  expect(await stale(committed, fresh)).toEqual(['sdk.gen.ts'])
  await writeFile(path, text)
})
