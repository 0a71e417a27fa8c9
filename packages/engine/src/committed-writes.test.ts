// Completeness: a write is not announced, or has no case in this test
import { randomBytes, randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aMember,
  aMove,
  aNewVisitType,
  aPatientRecord,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitType,
  aWithdrawal,
  type BuiltSlot,
  ofKind,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { afterAll, describe, expect } from 'vitest'
import {
  anAnnouncedScene as aScene,
  at,
  type ExpectedAnnouncement as Expected,
  expectAnnounced,
  observe,
  type AnnouncedScene as Scene,
  type AnnouncedWriteCase as Write,
} from '../test/announced-scene.ts'
import { announcedTimes } from '../test/announced-times.ts'
import { closureWrites } from '../test/closures.ts'
import { engineOf } from '../test/engine-of.ts'
import { workingHoursWrites } from '../test/working-hours.ts'
import { createEngine } from './create-engine.ts'
import type { AnnouncedWrite } from './engine-methods.ts'
import type { ClinicLogo, NewClinic } from './model/clinic.ts'
import type { NewDoctor } from './model/doctor.ts'
import type { Engine } from './model/engine.ts'
import { newId } from './model/id.ts'
import type { SettleAction } from './model/settle.ts'

let database: TestDatabase
let engine: Engine

test.beforeAll(({ database: testDatabase }) => {
  database = testDatabase
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
})
afterAll(() => engine.stop())

const newClinic: NewClinic = { name: 'New', timezone: 'UTC', settings: {} }
const logo: ClinicLogo = { mediaType: 'image/png', image: randomBytes(9), width: 1, height: 1, digest: 'd'.repeat(43) }
const newDoctor: NewDoctor = {
  name: 'Dr. New',
  specialization: 'Cardiology',
  experienceYears: null,
  rating: null,
  languages: [],
  fee: null,
  appointmentTypes: ['in_person'],
}
const withdrawal = (slot: BuiltSlot, dryRun = false) => aWithdrawal(slot.clinicNo, { slotId: slot.id }, { dryRun })
const aRoom = () => ({ kind: 'room', name: `Room ${randomUUID()}`, units: 1 }) as const
const offeredBy = ({ id }: { id: string }) => ({
  doctorId: id,
  minutes: 45,
  bufferBeforeMinutes: null,
  bufferAfterMinutes: null,
  fee: null,
})
const anAdmin = async ({ database: its, clinic }: Scene) => (await aMember(its, clinic, { role: 'admin' })).accountId
const anInvitation = async (scene: Scene) => ({
  id: newId(scene.clinic.no),
  clinicNo: scene.clinic.no,
  tokenHash: randomBytes(32),
  email: 'sam@example.org',
  role: 'staff' as const,
  doctorId: null,
  invitedBy: await anAdmin(scene),
})
const draftsAfter = ({ endsAt }: BuiltSlot) => [
  { startsAt: endsAt, endsAt: new Date(endsAt.getTime() + 900_000), capacity: 1 },
]
const byDesk = { actorId: null, onBehalf: true, key: null, reason: null }
const settling = (bookingId: string, action: SettleAction) => ({ bookingId, action, ...byDesk })
const ofDoctor = ({ doctor }: Scene): Expected => ({ kind: 'bookings', doctorIds: [doctor.id] })
const clinicOf = ({ clinic }: Scene): Expected => ({ kind: 'directory', clinicNos: [clinic.no] })
const membersOf = ({ clinic }: Scene): Expected => ({ kind: 'members', clinicNos: [clinic.no] })
const directoryOf = ({ doctor }: Scene): Expected => ({ kind: 'directory', doctorIds: [doctor.id] })

function ofBooking(
  status: 'PENDING' | 'CONFIRMED' | 'CANCELLED',
  write: (its: Scene['engine'], bookingId: string, slotId: string) => Promise<unknown>,
): Write {
  const prepare: Write['prepare'] = async ({ database: db, engine: its, slot }) => {
    const { id } = await aBooking(db, slot, { status })
    return () => write(its, id, slot.id)
  }
  return { prepare, announced: ofDoctor }
}

/** The writes of the theatre are in its tests. */
const writes: Record<Exclude<AnnouncedWrite, `theatre.${string}`>, Write> = {
  claim: {
    prepare: at(({ engine: its, slot }) => its.claim(aClaim(slot))),
    announced: ofDoctor,
  },
  ...announcedTimes,
  settle: ofBooking('PENDING', (its, id) => its.settle(settling(id, 'confirm'))),
  move: {
    async prepare({ database: db, engine: its, slot, other }) {
      const { id } = await aBooking(db, slot, { status: 'CONFIRMED' })
      return () => its.move(aMove(id, other.id))
    },
    announced: ({ doctor, colleague }) => ({ kind: 'bookings', doctorIds: [doctor.id, colleague.id] }),
  },
  'bookingLinks.request': {
    async prepare({ database: db, engine: its, slot }) {
      const patient = { name: 'Ada', email: 'ada@example.org' }
      const { id } = await aBooking(db, slot, { status: 'PENDING', patient })
      const asked = { actorId: null, key: null, patient: null, reason: null, judgedVersion: null }
      return () => its.bookingLinks.request({ bookingId: id, ...asked })
    },
    announced: ofDoctor,
  },
  confirmAttendance: ofBooking('CONFIRMED', (its, bookingId, slotId) =>
    its.confirmAttendance({ bookingId, slotId, actorId: null, key: null }),
  ),
  withdrawAttendance: {
    async prepare({ database: db, engine: its, slot }) {
      const { id } = await aBooking(db, slot)
      const said = { bookingId: id, slotId: slot.id, actorId: null, key: null }
      await its.confirmAttendance(said)
      return () => its.withdrawAttendance(said)
    },
    announced: ofDoctor,
  },
  withdrawConsent: {
    async prepare({ database: db, engine: its, doctor }) {
      const question = aQuestion('consent')
      const type = await aVisitType(db, { no: doctor.clinicNo }, { questions: [question] })
      const answers = [{ questionId: question.id, value: true, version: question.version }]
      const request = aTimeClaim(await aSession(db, doctor), type, 0, {
        patient: { name: 'Ada', answers },
        confirm: true,
      })
      await its.claimTime(request)
      return () =>
        its.withdrawConsent({ bookingId: request.bookingId, questionId: question.id, actorId: null, key: null })
    },
    announced: ofDoctor,
  },
  correctAnswers: {
    async prepare({ database: db, engine: its, doctor }) {
      const question = aQuestion('text')
      const type = await aVisitType(db, { no: doctor.clinicNo }, { questions: [question] })
      const answering = (value: string) => [{ questionId: question.id, value }]
      const patient = { name: 'Ada', answers: answering('Penicillin') }
      const request = aTimeClaim(await aSession(db, doctor), type, 0, { patient, confirm: true })
      await its.claimTime(request)
      const correction = { bookingId: request.bookingId, answers: answering('None'), version: 1 }
      return () => its.correctAnswers({ ...correction, actorId: null, byDesk: false, key: null })
    },
    announced: ofDoctor,
  },
  correctPatient: ofBooking('CONFIRMED', (its, bookingId) =>
    its.correctPatient({ bookingId, actorId: null, key: null, patient: { name: 'Ada' } }),
  ),
  'erasures.ofBooking': ofBooking('CANCELLED', (its, bookingId) =>
    its.erasures.ofBooking({ bookingId, actorId: null, key: null }),
  ),
  'erasures.ofPatient': {
    async prepare({ database: db, engine: its, clinic, slot }) {
      await aBooking(db, slot, { status: 'CANCELLED', patient: { name: 'Ada', email: 'ada@example.org' } })
      const patient = { email: 'ada@example.org' }
      return () => its.erasures.ofPatient({ clinicNo: clinic.no, patient, actorId: null })
    },
    announced: ofDoctor,
  },
  'patients.erase': {
    async prepare({ database: db, engine: its, clinic, slot }) {
      const created = ofKind(await its.patients.create(clinic.no, aPatientRecord(), null), 'done')
      const { id: patientId } = created.value
      const { id } = await aBooking(db, slot, { status: 'CANCELLED' })
      await its.patients.link(id, patientId, patientId)
      return () => its.patients.erase({ clinicNo: clinic.no, of: { patientId }, actorId: null })
    },
    announced: ofDoctor,
  },
  createSlots: {
    prepare: at(({ engine: its, doctor, slot }) =>
      its.createSlots({ doctorId: doctor.id, drafts: draftsAfter(slot), dryRun: false }),
    ),
    announced: directoryOf,
  },
  setCapacity: {
    prepare: at(({ engine: its, slot }) =>
      its.setCapacity({ clinicNo: slot.clinicNo, slotId: slot.id, capacity: slot.capacity + 1 }),
    ),
    announced: directoryOf,
  },
  withdrawSlots: {
    async prepare({ database: db, engine: its, slot }) {
      await aBooking(db, slot, { status: 'CONFIRMED' })
      return () => its.withdrawSlots(withdrawal(slot))
    },
    announced: directoryOf,
  },
  importDirectory: {
    prepare: at(({ engine: its, doctor, slot }) =>
      its.importDirectory(
        {
          clinics: [{ ...newClinic, name: randomUUID(), row: 1, key: 'c' }],
          doctors: [],
          slots: draftsAfter(slot).map((draft) => ({ ...draft, row: 1, doctor: doctor.id })),
        },
        { dryRun: false },
      ),
    ),
    announced: ({ doctor, clinic }) => ({ kind: 'directory', clinicNos: [clinic.no + 1], doctorIds: [doctor.id] }),
  },
  'directory.createClinic': {
    prepare: at(({ engine: its }) => its.directory.createClinic(newClinic, null)),
    announced: ({ clinic }) => ({ kind: 'directory', clinicNos: [clinic.no + 1] }),
  },
  'directory.updateClinic': {
    prepare: at(({ engine: its, clinic }) => its.directory.updateClinic(clinic.id, { name: 'Renamed' })),
    announced: clinicOf,
  },
  'directory.setLogo': {
    prepare: at(({ engine: its, clinic }) => its.directory.setLogo(clinic.no, logo)),
    announced: clinicOf,
  },
  'directory.removeLogo': {
    async prepare({ engine: its, clinic }) {
      await its.directory.setLogo(clinic.no, logo)
      return () => its.directory.removeLogo(clinic.no)
    },
    announced: clinicOf,
  },
  'directory.createDoctor': {
    prepare: at(({ engine: its, clinic }) => its.directory.createDoctor(clinic.no, newDoctor, null)),
    announced: (_scene, { value }: { value: { id: string } }) => ({ kind: 'directory', doctorIds: [value.id] }),
  },
  'directory.updateDoctor': {
    prepare: at(({ engine: its, doctor }) => its.directory.updateDoctor(doctor.id, { name: 'Renamed' })),
    announced: directoryOf,
  },
  'directory.setVideoRoom': {
    prepare: at(({ engine: its, doctor }) => its.directory.setVideoRoom(doctor.id, 'https://meet.example.org/a')),
    announced: directoryOf,
  },
  'directory.createVisitResource': {
    prepare: at(({ engine: its, clinic }) => its.directory.createVisitResource(clinic.no, aRoom(), null)),
    announced: clinicOf,
  },
  'directory.updateVisitResource': {
    async prepare({ engine: its, clinic }) {
      const created = await its.directory.createVisitResource(clinic.no, aRoom(), null)
      if (!('resource' in created)) throw new Error(created.kind)
      return () => its.directory.updateVisitResource(clinic.no, created.resource.id, { active: false })
    },
    announced: clinicOf,
  },
  'directory.createVisitType': {
    prepare: at(({ engine: its, clinic, doctor }) =>
      its.directory.createVisitType(clinic.no, aNewVisitType({ doctors: [offeredBy(doctor)] }), null),
    ),
    announced: clinicOf,
  },
  'directory.updateVisitType': {
    async prepare({ engine: its, clinic, doctor }) {
      const created = await its.directory.createVisitType(clinic.no, aNewVisitType(), null)
      if (!('visitType' in created)) throw new Error(created.kind)
      return () => its.directory.updateVisitType(clinic.no, created.visitType.id, { doctors: [offeredBy(doctor)] })
    },
    announced: clinicOf,
  },
  'invitations.accept': {
    async prepare(scene) {
      const { engine: its } = scene
      const invitation = await anInvitation(scene)
      await its.invitations.create(invitation)
      return () => its.invitations.accept(invitation.id, invitation.tokenHash, randomUUID(), { kind: 'link' })
    },
    announced: membersOf,
  },
  'directory.changeMember': {
    async prepare(scene) {
      const change = { accountId: await anAdmin(scene), actorId: await anAdmin(scene), doctorId: null }
      return () => scene.engine.directory.changeMember({ clinicNo: scene.clinic.no, role: 'staff', ...change })
    },
    announced: membersOf,
  },
  'directory.removeMember': {
    async prepare(scene) {
      const [accountId, actorId] = [await anAdmin(scene), await anAdmin(scene)]
      return () => scene.engine.directory.removeMember({ clinicNo: scene.clinic.no, accountId, actorId })
    },
    announced: membersOf,
  },
  ...closureWrites,
  ...workingHoursWrites,
  'directory.setRolesNeedSecondFactor': {
    prepare: at(({ engine: its, clinic }) => its.directory.setRolesNeedSecondFactor(clinic.no, true)),
    announced: clinicOf,
  },
}

const writesOfNothing: Record<string, Write['prepare']> = {
  'a claim of a slot that does not exist': at(({ engine: its, doctor }) =>
    its.claim(aClaim({ id: doctor.id, clinicNo: doctor.clinicNo })),
  ),
  'a dry run of new slots': at(({ engine: its, doctor, slot }) =>
    its.createSlots({ doctorId: doctor.id, drafts: draftsAfter(slot), dryRun: true }),
  ),
  'a dry run of a withdrawal': at(({ engine: its, slot }) => its.withdrawSlots(withdrawal(slot, true))),
  'an import of what exists': async ({ engine: its }) => {
    const clinics = [{ ...newClinic, name: randomUUID(), row: 1, key: null }]
    await its.importDirectory({ clinics, doctors: [], slots: [] }, { dryRun: false })
    return () => its.importDirectory({ clinics, doctors: [], slots: [] }, { dryRun: false })
  },
  'a doctor that does not exist': at(({ engine: its, clinic }) =>
    its.directory.updateDoctor(clinic.id, { name: 'Renamed' }),
  ),
  'an invitation, and its revocation': async (scene) => {
    const { engine: its, clinic } = scene
    const invitation = await anInvitation(scene)
    return async () => {
      await its.invitations.create(invitation)
      await its.invitations.revoke(clinic.no, invitation.id)
    }
  },
  'a token that was never issued': at(({ engine: its, clinic }) =>
    its.invitations.accept(newId(clinic.no), randomBytes(32), randomUUID(), { kind: 'link' }),
  ),
  'a removal of nobody': async (scene) => {
    const removal = { clinicNo: scene.clinic.no, accountId: randomUUID(), actorId: await anAdmin(scene) }
    return () => scene.engine.directory.removeMember(removal)
  },
}

describe('a write is announced once, after COMMIT and before its result, with position, clinics and doctors', () => {
  test.each(Object.entries(writes))('%s', async (_name, write) => {
    await expectAnnounced(await aScene(database, engine), write)
  })

  test('a batch of claims is one announcement for all of its doctors', async () => {
    const scene = await aScene(database, engine)
    const { order, announcements } = await observe(scene, async ({ slot, other }) => async () => {
      // One turn of the event loop: the queue sends them together.
      await Promise.all([slot, other, slot].map((each) => engine.claim(aClaim(each))))
    })
    expect(order).toEqual(['announced', 'resolved'])
    expect([...(announcements[0]?.committed.doctorIds ?? [])].toSorted()).toEqual(
      [scene.doctor.id, scene.colleague.id].toSorted(),
    )
  })

  test('negative control: without the trigger that logs doctors’ changes, updateDoctor fails this check', async () => {
    const planted = await anotherDatabase()
    await planted.ownerPool.query('drop trigger note_change on holdfast.resource')
    const its = engineOf(planted)
    await expect(expectAnnounced(await aScene(planted, its), writes['directory.updateDoctor'])).rejects.toThrow(
      /to deeply equal/,
    )
  })
})

test.each(Object.entries(writesOfNothing))('a write that changes nothing announces nothing: %s', async (_, prepare) => {
  const { order } = await observe(await aScene(database, engine), prepare)
  expect(order).toEqual(['resolved'])
})
