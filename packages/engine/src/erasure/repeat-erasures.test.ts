import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry, checkHistory } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aCase, aTheatre, caseOf } from '../../test/theatre.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'
import { erasuresSince, repeatErasures } from './repeat-erasures.ts'

const patient = { name: 'Zsuzsa Planted', email: 'zsuzsa@planted.example' }
const hourMs = 3_600_000

describe('what was erased', () => {
  freshDatabaseTest('is listed, whatever it was, and nothing else', async ({ database }) => {
    const engine = engineOf(database)
    const scene = await aTheatre(database)
    const doctor = await aDoctor(database, scene.clinic)
    const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - hourMs), capacity: 3 })
    const [booking] = [await aBooking(database, past, { patient }), await aBooking(database, past)]
    const entry = await aWaitlistEntry(database, doctor, { patient })
    const contact = { mrn: 'M-77', name: 'Ada Okafor', birthDate: '1970-05-01' }
    const ofTheatre = caseOf(await scene.theatre.claimCase(aCase(scene, { patient: contact })))
    await scene.theatre.cancelCase({ caseId: ofTheatre.id, reasonCode: 'patient', actorId: null, key: null })
    expect(await erasuresSince(database.ownerPool, new Date(0))).toEqual([])

    const { no: clinicNo } = scene.clinic
    await engine.erasures.ofPatient({ clinicNo, patient: { email: patient.email }, actorId: null })
    await scene.engine.patients.erase({ clinicNo, of: { mrn: contact.mrn }, actorId: null })
    const list = await erasuresSince(database.ownerPool, new Date(0))
    const expected = [
      { clinicNo, kind: 'booking', id: booking?.id },
      { clinicNo, kind: 'waitlist_entry', id: entry.id },
      { clinicNo, kind: 'booking', id: ofTheatre.id },
      { clinicNo, kind: 'patient', id: ofTheatre.patientId },
    ]
    expect(list).toHaveLength(expected.length)
    expect(list).toEqual(expect.arrayContaining(expected.map((one) => expect.objectContaining(one))))
    expect(await erasuresSince(database.ownerPool, new Date(Date.now() + hourMs))).toEqual([])
  })

  freshDatabaseTest('is listed by its ids, whichever spelling of a telephone number found it', async ({ database }) => {
    const engine = engineOf(database)
    const doctor = await aDoctor(database, await aClinic(database))
    const { clinicNo } = doctor
    const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - hourMs), capacity: 3 })
    const withPhone = async (phone: string) => [
      (await aBooking(database, past, { patient: { name: 'Ada', phone } })).id,
      (await aWaitlistEntry(database, doctor, { patient: { name: 'Ada', phone } })).id,
    ]
    const found = await withPhone('0170 2345678')
    await withPhone('+44 1702 345678')
    await engine.messages.changeSettings(clinicNo, { phoneCountry: 'DE' })
    await engine.erasures.ofPatient({ clinicNo, patient: { phone: '+49 170 2345678' }, actorId: null })
    const list = await erasuresSince(database.ownerPool, new Date(0))
    expect(list.map(({ id }) => id).toSorted()).toEqual(found.toSorted())
    expect(await repeatErasures(database.ownerPool, list)).toMatchObject({ cancelled: 0, pending: [] })
  })
})

describe('a database that was restored as it was before the erasures', () => {
  freshDatabaseTest('forgets all of them again, and cancels what had been cancelled', async ({ database, clinic }) => {
    const doctor = await aDoctor(database, clinic)
    const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - hourMs), capacity: 3 })
    const coming = await aSlot(database, doctor, { capacity: 3 })
    const [over, toCome, stays] = [
      await aBooking(database, past, { patient, reason: 'a secret' }),
      await aBooking(database, coming, { patient, accountId: randomUUID() }),
      await aBooking(database, coming, { patient: { name: 'Bob' } }),
    ]
    const entry = await aWaitlistEntry(database, doctor, { patient })
    const scene = await aTheatre(database)
    const contact = { mrn: 'M-77', name: 'Ada Okafor', birthDate: '1970-05-01' }
    const surgery = caseOf(await scene.theatre.claimCase(aCase(scene, { patient: contact, confirm: true })))
    const erasedAt = new Date().toISOString()
    const list = [
      // In an order in which the patient can't be erased at once.
      { clinicNo: scene.clinic.no, kind: 'patient' as const, id: surgery.patientId ?? '', erasedAt },
      { clinicNo: scene.clinic.no, kind: 'booking' as const, id: surgery.id, erasedAt },
      { clinicNo: clinic.no, kind: 'waitlist_entry' as const, id: entry.id, erasedAt },
      // Booked after the moment of the restore.
      { clinicNo: clinic.no, kind: 'booking' as const, id: newId(clinic.no), erasedAt },
      ...[over, toCome].map(({ id }) => ({ clinicNo: clinic.no, kind: 'booking' as const, id, erasedAt })),
    ]
    const refuse = `insert into holdfast.moving_clinic values ($1, gen_random_uuid(), 'infinity')`
    await database.ownerPool.query(refuse, [clinic.no])
    const ofRefused = list.filter(({ clinicNo }) => clinicNo === clinic.no)
    const { pending } = await repeatErasures(database.ownerPool, ofRefused)
    expect(pending).toEqual(ofRefused)
    await database.ownerPool.query('delete from holdfast.moving_clinic')
    const found = async () => {
      const tables = ['booking', 'waitlist_entry', 'patient']
      const queries = tables.map((name) => `select t::text as text from holdfast.${name} t`).join(' union all ')
      const { rows } = await database.ownerPool.query<{ text: string }>(queries)
      return rows.filter(({ text }) => /Planted|Okafor|a secret/.test(text)).length
    }
    // Negative control: before, they are there.
    expect(await found()).toBe(4)
    const repeated = await repeatErasures(database.ownerPool, list)
    expect(repeated).toEqual({ erased: 5, cancelled: 2, pending: [] })
    expect(await found()).toBe(0)
    const { rows } = await database.ownerPool.query('select id, status from holdfast.booking where id = any ($1)', [
      [over.id, toCome.id, stays.id, surgery.id],
    ])
    const status = new Map(rows.map((row) => [row.id, row.status]))
    expect([over, toCome, stays, surgery].map(({ id }) => status.get(id))).toEqual([
      'CONFIRMED',
      'CANCELLED',
      'CONFIRMED',
      'CANCELLED',
    ])
    expect((await verify(database.ownerPool, { clinicNo: null, detailsMax: 9 })).details).toEqual([])
    expect(await checkHistory(database)).toEqual([])
    // Safe to repeat, and listed again for the next restore.
    expect(await repeatErasures(database.ownerPool, list)).toMatchObject({ cancelled: 0, pending: [] })
    expect(await found()).toBe(0)
    expect((await erasuresSince(database.ownerPool, new Date(0))).length).toBe(5)
  })
})
