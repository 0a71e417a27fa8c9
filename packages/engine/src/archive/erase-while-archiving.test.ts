import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aBooking, aClinic, aDoctor, aPatientRecord, aSlot, holdLock, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { archiveMonth } from './archive-month.ts'
import { restoreMonth } from './restore-month.ts'

test('a patient is erased while a month is being archived: it names months not searched', async ({ database }) => {
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
  const engine = engineOf(database)
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

test.for(['before it begins', 'while it runs'])(
  'a record is not erased while a month of its bookings is being archived: %s',
  async (when, { database }) => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-erase-record-while-archiving-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const startsAt = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 8, 15, 9))
    const month = startsAt.toISOString().slice(0, 7)
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { startsAt })
    const engine = engineOf(database)
    const fields = aPatientRecord({ mrn: 'M-1' })
    const created = await engine.patients.create(slot.clinicNo, fields, null)
    const patientId = created.kind === 'done' ? created.value.id : ''
    const createdAt = new Date(startsAt.getTime() - 30 * 86_400_000)
    const { id } = await aBooking(database, slot, { status: 'COMPLETED', createdAt })
    await engine.patients.link(id, patientId, randomUUID())
    const moveAway = () =>
      archiveMonth(database.ownerPool, {
        month,
        directory,
        onStep: (step) => {
          if (step === 'moved') throw new Error('crash')
        },
      })
    const refused = { name: 'MonthsInTransit', message: expect.stringContaining(month) }
    const variants = [{ patientId }, { mrn: 'M-1' }]
    if (when === 'before it begins') {
      await expect(moveAway()).rejects.toThrow('crash')
      for (const of of variants) {
        for (const writeKey of [null, { key: randomUUID(), requestHash: randomUUID() }]) {
          const erase = engine.patients.erase({ clinicNo: slot.clinicNo, of, actorId: null, writeKey })
          await expect(erase).rejects.toMatchObject(refused)
        }
      }
    } else {
      const lock = await holdLock(database.ownerPool, 'lock table holdfast.theatre_case in access exclusive mode')
      const erase = engine.patients.erase({ clinicNo: slot.clinicNo, of: { patientId }, actorId: null })
      const refusal = expect(erase).rejects.toMatchObject(refused)
      await untilLockWaiters(database, 1)
      await expect(moveAway()).rejects.toThrow('crash')
      await lock.release()
      await refusal
    }
    expect(await engine.patients.record(patientId)).toMatchObject({ name: fields.name })
  },
)
