import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, serverSecrets, storedSecret } from '@holdfast/engine'
import { createTestDatabase } from '@holdfast/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StartError } from '../../lifecycle/start-error.ts'
import { forgetSecret } from './database-secrets.ts'
import { prepareDatabase } from './prepare-database.ts'
import { secretFromFile } from './secret-file.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-secret-'))
  path = join(directory, 'secret')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('processes that start at once get the same new secret, which only its owner may read', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => secretFromFile(path, null)))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['secret'])
  expect(await secretFromFile(path, 'another secret that is not used here')).toBe(secrets[0])
})

test('a file that others can read, that has no secret or that cannot be created is refused by name', async () => {
  await secretFromFile(path, null)
  await chmod(path, 0o644)
  await expect(secretFromFile(path, null)).rejects.toThrow(`chmod 600 ${path}`)
  await writeFile(path, '\n', { mode: 0o600 })
  await chmod(path, 0o600)
  await expect(secretFromFile(path, null)).rejects.toThrow('no secret of at least 32 characters')
  const missing = join(directory, 'missing', 'secret')
  await expect(secretFromFile(missing, null)).rejects.toThrow(StartError)
  await expect(secretFromFile(missing, null)).rejects.toThrow('HOLDFAST_SECRET_FILE')
})

test.for(['640', '620', '610', '604', '602', '601'])(
  'a file that its group or others may use (%s) is refused; one that its owner may only read is not',
  async (mode) => {
    const secret = await secretFromFile(path, null)
    await chmod(path, Number.parseInt(mode, 8))
    await expect(secretFromFile(path, null)).rejects.toThrow(`chmod 600 ${path}`)
    await chmod(path, 0o400)
    expect(await secretFromFile(path, null)).toBe(secret)
  },
)

test('a link to a missing file is refused, and leaves no draft behind', async () => {
  await symlink(join(directory, 'missing'), path)
  await expect(secretFromFile(path, null)).rejects.toThrow(StartError)
  await expect(secretFromFile(path, null)).rejects.toThrow(`${path} exists and cannot be read`)
  expect(await readdir(directory)).toEqual(['secret'])
})

test('a secret that an earlier release stored in the database is moved to the file', async () => {
  const database = await createTestDatabase()
  const pool = createPool({ url: database.ownerUrl, max: 1, name: 'test' })
  try {
    const [stored = ''] = await serverSecrets(pool, null)
    const config = {
      databaseUrl: null,
      databaseDirectUrl: null,
      databasePool: 'auto' as const,
      databaseAppUrl: database.appUrl,
      databaseReplicaUrls: null,
      shards: null,
      auditMonths: 12,
      dataDirectory: join(directory, 'data'),
      secretFile: path,
      secrets: null,
    }
    const prepare = async () => (await prepareDatabase(config, database.ownerUrl)).secrets
    expect(await prepare()).toEqual([stored])
    expect((await readFile(path, 'utf8')).trim()).toBe(stored)
    expect(await storedSecret(pool)).toBeNull()
    expect(await prepare()).toEqual([stored])
    // Restored from a backup of before: the stored one is still accepted.
    await pool.query(`insert into holdfast.setting (name, value)
        values ('secret', 'the longer secret of an older backup')`)
    await forgetSecret(database.ownerUrl)
    expect(await prepare()).toEqual([stored, 'the longer secret of an older backup'])
    // Without a path, it is beside the data directory.
    await forgetSecret(database.ownerUrl)
    const beside = await prepareDatabase({ ...config, secretFile: null }, database.ownerUrl)
    expect(beside.secrets).toEqual(['the longer secret of an older backup'])
    expect(await readdir(directory)).toEqual(expect.arrayContaining(['data-secret', 'secret']))
  } finally {
    await pool.end()
    await database.drop()
  }
})
