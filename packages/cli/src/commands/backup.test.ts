// Nightly: each way to back up by command
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillDataDirectory } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

// One installation: each test continues where the one before it ended.
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-commands-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  const [place, passphrase] = [join(directory, 'backups'), 'correct horse battery staple']
  env = {
    HOLDFAST_DATA: join(directory, 'data'),
    HOLDFAST_BACKUP_TO: place,
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
  }
  await prepareBackupKey(place, passphrase)
  await fillDataDirectory(join(directory, 'data'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

test('without a place, or without a key, backup says which setting is missing', async () => {
  const { HOLDFAST_DATA = '', HOLDFAST_BACKUP_TO = '' } = env
  const placeless = await runCaptured(['backups'], { HOLDFAST_DATA })
  expect(placeless).toMatchObject({ code: 2, err: ['error: expected --from, or HOLDFAST_BACKUP_TO'] })
  const keyless = await runCaptured(['backup'], { HOLDFAST_DATA, HOLDFAST_BACKUP_TO })
  expect(keyless.code).toBe(1)
  expect(keyless.err.join('\n')).toMatch(/Backups are encrypted: set HOLDFAST_BACKUP_PASSPHRASE/)
})

test('a backup is taken, listed, and restored into a new directory', async () => {
  const backup = await runCaptured(['backup', '--json'], env)
  expect(backup).toMatchObject({ code: 0, err: [] })
  const { id, continuous } = JSON.parse(backup.out[0] ?? '')
  expect(continuous).toBe(false)
  const list = await runCaptured(['backups', '--json'], env)
  expect(JSON.parse(list.out[0] ?? '')).toMatchObject({ backups: [{ id }], unusable: [], restoreTest: null })
  const readable = await runCaptured(['backups'], env)
  expect(readable.out.join('\n')).toContain(id)
  expect(readable.out.at(-1)).toMatch(/^The moment \S+ can be restored\.$/)
  const restored = await runCaptured(['restore', '--data', join(directory, 'restored')], env)
  expect(restored.code).toBe(0)
  const text = restored.out.join('\n')
  expect(text).toContain('Everything adds up.')
  expect(restored.err.join('\n')).toMatch(/repeat the erasures.*end-sessions --all.*review the members/s)
  expect(text).toContain(`HOLDFAST_DATA=${join(directory, 'restored')}`)
  expect(text).toContain(`HOLDFAST_SECRET_FILE=${join(directory, 'data')}-secret`)
  const verified = await runCaptured(['verify'], { ...env, HOLDFAST_DATA: join(directory, 'restored') })
  expect(verified.code).toBe(0)
})

test('a backup that the key does not decrypt is named, and counts for no moment', async () => {
  const keyPath = join(directory, 'backups', 'key.age')
  await rename(keyPath, `${keyPath}.away`)
  const without = await runCaptured(['backups', '--json'], env)
  const { backups, unusable, ranges } = JSON.parse(without.out[0] ?? '')
  expect([backups, ranges]).toEqual([[], []])
  expect(unusable).toMatchObject([{ kind: 'wrong_key', reason: expect.stringMatching(/has no key.age/) }])
  const refused = await runCaptured(['backup'], env)
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.err.join('\n')).toMatch(/has backups, but not key.age/)
  await rename(`${keyPath}.away`, keyPath)
  const wrong = await runCaptured(['backups'], { ...env, HOLDFAST_BACKUP_PASSPHRASE: 'not the passphrase' })
  expect(wrong.code).toBe(0)
  expect(wrong.err.join('\n')).toMatch(/warning: HOLDFAST_BACKUP_PASSPHRASE is not the passphrase/)
})

test('without the passphrase, backups begin again in another place, and the former ones need it', async () => {
  const lost = { ...env, HOLDFAST_BACKUP_PASSPHRASE: 'another passphrase' }
  const refused = await runCaptured(['backup'], lost)
  expect(refused).toMatchObject({ code: 1, err: [expect.stringContaining('use another place for new backups')] })
  const target = join(directory, 'of-another-place')
  expect((await runCaptured(['restore', '--data', target], lost)).code).toBe(1)
  const place = join(directory, 'another-place')
  await prepareBackupKey(place, lost.HOLDFAST_BACKUP_PASSPHRASE)
  expect((await runCaptured(['backup', '--to', place], lost)).code).toBe(0)
  expect((await runCaptured(['restore', '--from', place, '--data', target], lost)).code).toBe(0)
  const found = { ...env, HOLDFAST_BACKUP_TO: place }
  const former = ['restore', '--from', join(directory, 'backups'), '--data', join(directory, 'of-the-former-place')]
  expect((await runCaptured(former, found)).code).toBe(0)
})

test('a restore is refused into the data in use, without an offset, and outside the range', async () => {
  const before = await readdir(join(directory, 'data'))
  const inUse = await runCaptured(['restore', '--data', join(directory, 'data')], env)
  expect(inUse.code).toBe(1)
  expect(inUse.err.join('\n')).toMatch(/data is not empty: it has .* Restore into a new directory/)
  expect(inUse.err.join('\n')).not.toContain('Checking the backup')
  expect(await readdir(join(directory, 'data'))).toEqual(before)
  const noOffset = await runCaptured(['restore', '--data', 'x', '--to', '2027-03-01 10:15:00'], env)
  expect(noOffset.code).toBe(2)
  expect(noOffset.err.join('\n')).toMatch(/Expected a time with an offset/)
  const early = await runCaptured(['restore', '--data', join(directory, 'y'), '--to', '2020-01-01 00:00:00Z'], env)
  expect(early.code).toBe(1)
  expect(early.err.join('\n')).toMatch(/can’t be restored. The backups have 20/)
  expect(await readdir(directory)).not.toContain('y')
})

test('the backup of another installation is refused, unless it is asked for', async () => {
  const other = { ...env, HOLDFAST_DATA: join(directory, 'other') }
  // A second database, created now.
  expect((await runCaptured(['migrate'], other)).code).toBe(0)
  const refused = await runCaptured(['restore', '--data', join(directory, 'mixed')], other)
  expect(refused.code).toBe(1)
  expect(refused.err.join('\n')).toMatch(/is of another installation than the database in .*--other-installation/)
  expect(await readdir(directory)).not.toContain('mixed')
  const mixed = await runCaptured(['backup'], other)
  expect(mixed.err.join('\n')).toMatch(/has the backups of another installation/)
  const allowed = await runCaptured(['restore', '--data', join(directory, 'mixed'), '--other-installation'], other)
  expect(allowed.code).toBe(0)
})
