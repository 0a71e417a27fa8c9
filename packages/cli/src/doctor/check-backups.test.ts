import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, readConfig } from '@holdfast/server/config'
import { fillDataDirectory } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { checkBackups } from './check-backups.ts'

// One installation: each test continues where the one before it ended.
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-doctor-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  const [place, passphrase] = [join(directory, 'backups'), 'correct horse battery staple']
  env = {
    HOLDFAST_DATA: join(directory, 'data'),
    HOLDFAST_BACKUP_TO: place,
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
  }
  await prepareBackupKey(place, passphrase)
})

afterAll(() => rm(directory, { recursive: true, force: true }))

function configOf(settings: Record<string, string>): Config {
  const result = readConfig(settings)
  if (result.kind === 'invalid') throw new Error('The settings of the test are invalid.')
  return result.config
}

test('an embedded database without backups is a warning, and a place without a key is an error', async () => {
  expect(await checkBackups(configOf({}))).toMatchObject([{ state: 'warning', found: expect.stringContaining('none') }])
  expect(await checkBackups(configOf({ DATABASE_URL: 'postgres://db/clinic' }))).toEqual([])
  const { HOLDFAST_BACKUP_TO = '' } = env
  expect(await checkBackups(configOf({ HOLDFAST_BACKUP_TO }))).toMatchObject([
    { state: 'error', found: expect.stringContaining('there is no key') },
  ])
})

test('a place that cannot be used is an error', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  const found = await checkBackups(configOf({ ...env, HOLDFAST_BACKUP_TO: file }))
  expect(found).toMatchObject([{ state: 'error', found: expect.stringContaining('is not a directory') }])
})

test('a wrong passphrase is an error', async () => {
  const found = await checkBackups(configOf({ ...env, HOLDFAST_BACKUP_PASSPHRASE: 'another passphrase' }))
  expect(found).toMatchObject([{ state: 'error', found: expect.stringContaining('is not the passphrase') }])
})

test('a place without a copy is a warning', async () => {
  const found = await checkBackups(configOf(env))
  expect(found).toMatchObject([{ state: 'warning', found: expect.stringContaining('has no copy yet') }])
})

test('backups are fine that have the last minutes, and a warning when they have not', async () => {
  await fillDataDirectory(join(directory, 'data'))
  expect((await runCaptured(['backup'], env)).code).toBe(0)
  expect(await checkBackups(configOf(env))).toMatchObject([{ state: 'ok' }])
  const later = new Date(Date.now() + 3_600_000)
  const found = await checkBackups(configOf(env), later)
  expect(found).toMatchObject([{ state: 'warning', found: expect.stringContaining('the last moment') }])
  // It is among all checks.
  const all = await runCaptured(['doctor'], env)
  expect(all.out.join('\n')).toMatch(/backups: .*has every moment until/)
})

test('backups that the key does not decrypt are an error', async () => {
  await rename(join(directory, 'backups', 'key.age'), join(directory, 'key.age'))
  const found = await checkBackups(configOf(env))
  expect(found).toMatchObject([{ state: 'error', found: expect.stringContaining('nothing can be restored') }])
})
