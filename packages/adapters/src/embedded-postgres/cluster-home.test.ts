import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { removeEmbeddedDatabase } from './cluster-home.ts'
import { canEnter, spawnIdentity, unprivilegedAccount } from './unprivileged-account.ts'

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

const account = await unprivilegedAccount(undefined)
const isReachable =
  (await canEnter(account, import.meta.dirname)) && (await canEnter(account, dirname(process.execPath)))

test.skipIf(!isReachable)('a start on the data directory of another user names its owner', async () => {
  const start = `
    import { startEmbeddedPostgres } from '${import.meta.dirname}/start-embedded-postgres.ts'
    await startEmbeddedPostgres({ dataDirectory: '/usr' }).catch((error) => console.log(error.kind, error.message))`
  const args = ['--input-type=module', '--eval', start]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: '/', ...spawnIdentity(account) })
  expect(stdout).toMatch(/^not_permitted The data directory \/usr belongs to root, and this user is .+\. /)
  expect(stdout).toContain('Run Holdfast as root, or set HOLDFAST_DATA to another directory.')
})
