import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { removeEmbeddedDatabase } from './cluster-home.ts'

async function aPointedDirectory(owner: 'this' | 'another' | 'none') {
  const directory = await mkdtemp(join(tmpdir(), 'hf-home-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const [dataDirectory, home] = [join(directory, 'data'), join(directory, 'home')]
  for (const path of [dataDirectory, home]) await mkdir(path)
  await writeFile(join(dataDirectory, 'database-location'), `${home}\n`)
  if (owner !== 'none') {
    await writeFile(join(home, 'belongs-to'), `${owner === 'this' ? dataDirectory : join(directory, 'other')}\n`)
  }
  return { dataDirectory, home }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test.each([
  ['its own database outside it is removed', 'this', false],
  ['the database of another data directory stays', 'another', true],
  ['a directory that belongs to no data directory stays', 'none', true],
] as const)('a data directory is removed: %s', async (_what, owner, stays) => {
  const { dataDirectory, home } = await aPointedDirectory(owner)
  await removeEmbeddedDatabase(dataDirectory)
  expect([await exists(dataDirectory), await exists(home)]).toEqual([false, stays])
})
