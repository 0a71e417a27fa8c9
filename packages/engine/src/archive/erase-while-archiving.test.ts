import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { archiveMonth } from './archive-month.ts'
import { restoreMonth } from './restore-month.ts'

test('a patient is erased while a month is being archived: it says which months it could not search', async ({
  database,
}) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-erase-while-archiving-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const startsAt = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 8, 15, 9))
  const month = startsAt.toISOString().slice(0, 7)
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { startsAt })
  const { id } = await aBooking(database, slot, {
    status: 'COMPLETED',
    patient: { name: 'Ada', email: 'a@example.org' },
    createdAt: new Date(startsAt.getTime() - 30 * 86_400_000),
  })
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onTestFinished(() => engine.stop())
  const erase = () =>
    engine.erasures.ofPatient({ clinicNo: slot.clinicNo, patient: { email: 'a@example.org' }, actorId: null })
  const crash = (step: string) => {
    if (step === 'moved') throw new Error('crash')
  }
  await expect(archiveMonth(database.ownerPool, { month, directory, onStep: crash })).rejects.toThrow('crash')
  await expect(erase()).rejects.toMatchObject({ name: 'MonthsInTransit', message: expect.stringContaining(month) })
  await archiveMonth(database.ownerPool, { month, directory })
  expect(await erase()).toMatchObject({ erased: 0 })
  await restoreMonth(database.ownerPool, join(directory, `holdfast-${month}.jsonl.gz`))
  expect(await erase()).toMatchObject({ erased: 1 })
  const { rows } = await database.ownerPool.query('select patient from holdfast.booking where id = $1', [id])
  expect(rows).toEqual([{ patient: { name: '' } }])
})
