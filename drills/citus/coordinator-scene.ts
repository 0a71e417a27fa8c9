import { createHash, randomUUID } from 'node:crypto'
import { createEngine, type createPool, newId } from '@holdfast/engine'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMember,
  aSiteAdministrator,
  aSlot,
  aWaitlistEntry,
  type BuiltClinic,
  type BuiltDoctor,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'

type Pool = ReturnType<typeof createPool>
type Engine = ReturnType<typeof createEngine>

/** What the reads of the coordinator are about. */
export type CoordinatorScene = {
  clinics: BuiltClinic[]
  doctors: BuiltDoctor[]
  /** With bookings, an entry of a waitlist and a role in several clinics. */
  accountId: string
  siteAdministratorId: string
  recipients: string[]
  invitation: { id: string; tokenHash: Buffer }
  /** Of a clinic, a doctor and the account. */
  feedTokens: Buffer[]
}

const doctorsPerClinic = 6
const slotsPerDoctor = 8
const specializations = ['Cardiology', 'Dermatology', 'Family medicine', 'Urology']

/** Fills a plain database with clinics of all shards that the coordinator's reads will find something in. */
export async function fillCoordinatorScene(pool: Pool, clinicNos: readonly number[]): Promise<CoordinatorScene> {
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const database = { ownerPool: pool }
  const accountId = randomUUID()
  const scene: CoordinatorScene = {
    clinics: [],
    doctors: [],
    accountId,
    siteAdministratorId: await aSiteAdministrator(database),
    recipients: [randomUUID(), randomUUID()],
    invitation: { id: '', tokenHash: digest() },
    feedTokens: [],
  }
  try {
    for (const [index, no] of clinicNos.entries()) {
      await pool.query(sql`select setval('holdfast.clinic_no_seq', ${no}, false)`)
      const clinic = await aClinic(database, { name: `Clinic ${'ABCDE'[index % 5]} ${no}` })
      scene.clinics.push(clinic)
      for (let n = 0; n < doctorsPerClinic; n += 1) {
        scene.doctors.push(await fillDoctor(pool, engine, clinic, { n, index, accountId }))
      }
      await fillClinic(pool, engine, clinic, scene)
    }
    await fillAccount(engine, scene)
    return scene
  } finally {
    await engine.stop()
  }
}

type Place = { n: number; index: number; accountId: string }

const statuses = ['CANCELLED', 'PENDING', 'hold_expired', 'ARRIVED', 'NO_SHOW'] as const
/** So that no hold lapses between the reads that are compared. */
const holdMs = 3_600_000

/** Some doctors are full, and some are inactive; many have equal names and times. */
async function fillDoctor(pool: Pool, engine: Engine, clinic: BuiltClinic, { n, index, accountId }: Place) {
  const database = { ownerPool: pool }
  const doctor = await aDoctor(database, clinic, {
    name: `D ${'UVWXYZ'[n]} ${index % 7}`,
    specialization: specializations[(n + index) % specializations.length] ?? 'Urology',
    active: (n + index) % 9 !== 4,
    appointmentTypes: n % 2 === 0 ? ['in_person'] : ['in_person', 'video'],
  })
  if (n % 2 === 1) await engine.directory.setVideoRoom(doctor.id, 'https://video.example.org/{room}')
  for (let slots = 0; slots < slotsPerDoctor; slots += 1) {
    const isFull = n % 3 === 1 || slots < index % 4
    const slot = await aSlot(database, doctor, { capacity: isFull ? 4 : 8 })
    const claims = Array.from({ length: 4 }, (_, one) =>
      engine.claim(aClaim(slot, { confirm: true, accountId: one === 0 && slots < 2 ? accountId : null })),
    )
    await Promise.all(claims)
  }
  const later = await aSlot(database, doctor, { capacity: isNever(n) ? 1 : 9 })
  const status = statuses[index % statuses.length] ?? 'PENDING'
  const holdExpiresAt = new Date(Date.now() + holdMs)
  await aBooking(database, later, { accountId, status, ...(status === 'PENDING' ? { holdExpiresAt } : {}) })
  return doctor
}

const isNever = (n: number) => n % 3 === 1

async function fillClinic(pool: Pool, engine: Engine, clinic: BuiltClinic, scene: CoordinatorScene): Promise<void> {
  const database = { ownerPool: pool }
  const [doctor] = scene.doctors.slice(-doctorsPerClinic)
  if (doctor === undefined) throw new Error('There is no doctor.')
  const { accountId: adminId } = await aMember(database, clinic, { role: 'admin' })
  if (clinic.no % 3 === 0) await aMember(database, clinic, { role: 'staff', accountId: scene.accountId })
  await aWaitlistEntry(database, doctor)
  if (clinic.no % 2 === 0) await aWaitlistEntry(database, doctor, { accountId: scene.accountId })
  if (clinic.no % 4 === 0)
    await aWaitlistEntry(database, doctor, { specialization: 'Urology', accountId: scene.accountId })
  if (clinic.no % 2 === 1) {
    const { no: clinicNo } = clinic
    await engine.messages.chooseReminders({ clinicNo, recipients: scene.recipients, wanted: false })
  }
  await engine.auditLog.append([
    { ...anEvent, clinicNo: clinic.no, actorId: scene.accountId },
    { ...anEvent, clinicNo: clinic.no, actorId: adminId, kind: 'data_exported' },
  ])
  const email = `invited-${clinic.no}@example.org`
  const invitation = { id: newId(clinic.no), clinicNo: clinic.no, role: 'staff' as const, doctorId: null, email }
  await engine.invitations.create({ ...invitation, tokenHash: scene.invitation.tokenHash, invitedBy: adminId }, null)
  scene.invitation.id = invitation.id
  if (scene.feedTokens.length > 0) return
  for (const feed of [{ kind: 'clinic', id: clinic.id } as const, { kind: 'doctor', id: doctor.id } as const]) {
    const tokenHash = digest()
    await engine.calendarFeeds.create({ ...feed, accountId: adminId, language: 'en', tokenHash, createdAt: new Date() })
    scene.feedTokens.push(tokenHash)
  }
}

const anEvent = {
  kind: 'bookings_read',
  actorKind: 'account',
  subjectId: null,
  network: '192.0.2.0/24',
  details: ['drill'],
  count: 1,
  ageMs: 0,
} as const

async function fillAccount(engine: Engine, scene: CoordinatorScene): Promise<void> {
  const { accountId } = scene
  const tokenHash = digest()
  await engine.calendarFeeds.create({
    kind: 'account',
    id: accountId,
    accountId,
    language: 'de',
    tokenHash,
    createdAt: new Date(),
  })
  scene.feedTokens.push(tokenHash)
  await engine.messages.setChoices(accountId, { reminderEmails: false, smsKindsOff: [], language: 'de' })
  await engine.bookingLinks.verify(accountId)
  await engine.auditLog.append([{ ...anEvent, kind: 'signed_in', clinicNo: null, actorId: accountId }])
}

function digest(): Buffer {
  return createHash('sha256').update(randomUUID()).digest()
}
