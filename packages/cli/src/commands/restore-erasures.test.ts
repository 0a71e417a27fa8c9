// Drill: restores
import { cpSync, lstatSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { type DatabasePool, withPool } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, fillDataDirectory } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { capturingContext, runCaptured } from '../../test/captured-context.ts'
import { spawnHoldfast } from '../../test/spawn-holdfast.ts'
import { runCommandLine } from '../run-command-line.ts'

// One installation: each test continues where the one before it ended.
let directory: string
let env: Record<string, string>
let firstBackup: string

const patient = { name: 'Zsuzsa Planted' }

async function names(dataDirectory: string): Promise<string[]> {
  return inDatabase(dataDirectory, async (pool) => {
    const { rows } = await pool.query(`select patient->>'name' as name from holdfast.booking order by id`)
    return rows.map(({ name }) => name)
  })
}

function inDatabase<Result>(dataDirectory: string, use: (pool: DatabasePool) => Promise<Result>): Promise<Result> {
  return withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) =>
    withPool({ url: ownerUrl, name: 'test of a restore' }, use),
  )
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-erasures-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  const [place, passphrase, data] = [
    join(directory, 'backups'),
    'correct horse battery staple',
    join(directory, 'data'),
  ]
  env = { HOLDFAST_DATA: data, HOLDFAST_BACKUP_TO: place, HOLDFAST_BACKUP_PASSPHRASE: passphrase }
  await prepareBackupKey(place, passphrase)
  await fillDataDirectory(data)
  await runCaptured(['migrate'], env)
  const booking = await inDatabase(data, async (ownerPool) => {
    const doctor = await aDoctor({ ownerPool }, await aClinic({ ownerPool }))
    const startsAt = new Date(Date.now() - 3_600_000)
    return aBooking({ ownerPool }, await aSlot({ ownerPool }, doctor, { startsAt }), { patient })
  })
  firstBackup = JSON.parse((await runCaptured(['backup', '--json'], env)).out[0] ?? '').id
  await inDatabase(data, (pool) =>
    pool.query('select holdfast.erase_patient(holdfast.clinic_no_of($1), array[$1::uuid], null, null)', [booking.id]),
  )
  // Continuous backups, and each copy, do the same.
  const listed = await runCaptured(['backup', '--only-erasures'], env)
  expect(listed).toMatchObject({ code: 0, out: [expect.stringContaining('is up to date')] })
})

afterAll(() => rm(directory, { recursive: true, force: true }))

test('a patient who was erased after the backup is not back after its restore', async () => {
  const target = join(directory, 'restored')
  const restored = await runCaptured(['restore', '--backup', firstBackup, '--data', target], env)
  expect(restored.err.join('\n')).toMatch(/Erased again: 1 bookings.*repeat the erasures of the last minutes/s)
  expect(restored.code).toBe(0)
  expect(await names(target)).toEqual([''])
})

test('without the list the patient is back, the restore says so, and repeat-erasures erases again', async () => {
  const list = join(directory, 'backups', 'erasures')
  await rename(list, `${list}-away`)
  const target = join(directory, 'without')
  const restored = await runCaptured(['restore', '--backup', firstBackup, '--data', target], env)
  expect(restored.err.join('\n')).toMatch(/repeat the erasures since then: these patients are back/)
  expect(await names(target)).toEqual([patient.name])
  const on = { ...env, HOLDFAST_DATA: target }
  const refused = await runCaptured(['repeat-erasures'], on)
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.err.join('\n')).toContain('has no list of erasures')
  await rename(`${list}-away`, list)
  const repeated = await runCaptured(['repeat-erasures', '--json'], on)
  expect(repeated.code).toBe(0)
  expect(JSON.parse(repeated.out[0] ?? '')).toEqual({ erased: 1, cancelled: 0, pending: [], unusable: [] })
  expect(await names(target)).toEqual([''])
})

test('if a list is damaged, the restore does not say that everything adds up', async () => {
  const lists = join(directory, 'backups', 'erasures')
  const [name = ''] = await readdir(lists)
  await rename(join(lists, name), join(directory, name))
  await writeFile(join(lists, name), 'damaged')
  const restored = await runCaptured(['restore', '--backup', firstBackup, '--data', join(directory, 'damaged')], env)
  await rename(join(directory, name), join(lists, name))
  expect(restored.code).toBe(1)
  expect(restored.out.join()).toContain('erasures are missing')
  expect(restored.out.join()).not.toContain('adds up')
})

/** Runs `restore`, and `act` when it begins to verify. */
async function restoreUntilVerified(target: string, act: () => void, signal: AbortSignal) {
  const { context, err } = capturingContext(env, { signal })
  const note = (line: string) => {
    err.push(line)
    if (line === 'Verifying it …') act()
  }
  const terminal = { ...context.terminal, note }
  const code = await runCommandLine(['restore', '--backup', firstBackup, '--data', target], { ...context, terminal })
  return { code, err: err.join('\n') }
}

test('a restore that is interrupted while it verifies leaves no database, and can be repeated', async () => {
  const target = join(directory, 'interrupted')
  const stop = new AbortController()
  const interrupted = await restoreUntilVerified(target, () => stop.abort('SIGINT'), stop.signal)
  expect(interrupted).toMatchObject({
    code: 130,
    err: expect.stringMatching(/no database in .*Run this command again/),
  })
  expect(await readdir(directory)).not.toContain('interrupted')
  const again = await runCaptured(['restore', '--backup', firstBackup, '--data', target], env)
  expect(again.code).toBe(0)
  expect(await names(target)).toEqual([''])
})

test('what a restore leaves that is killed while it verifies is refused, and can be restored again', async () => {
  const [target, left] = [join(directory, 'verifying'), join(directory, 'left')]
  // Copies the files as they are at this moment; sockets can't be copied.
  const copy = () => cpSync(target, left, { recursive: true, filter: (path) => !lstatSync(path).isSocket() })
  expect(await restoreUntilVerified(target, copy, new AbortController().signal)).toMatchObject({ code: 0 })
  const on = { ...env, HOLDFAST_DATA: left }
  for (const command of ['start', 'verify']) {
    const running = spawnHoldfast([command], on)
    onTestFinished(() => void running.child.kill())
    expect(await running.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('was interrupted') })
  }
  const again = await runCaptured(['restore', '--backup', firstBackup, '--data', left], env)
  expect(again.code).toBe(0)
  expect(await names(left)).toEqual([''])
})
