import { randomUUID } from 'node:crypto'
import { fillExample, type Operation, restOperations } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  aNewVisitType,
  aPatientRecord,
  aSession,
  aSlot,
  aVisitResource,
  aWaitlistEntry,
  type BuiltBooking,
  type BuiltDoctor,
  ofKind,
  type TestDatabase,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { apiKeySecrets, type CallOptions, type OperationId, type RestApp } from './rest-app.ts'
import { theatreDay } from './theatre-scene.ts'

const webhookUrl = 'https://127.0.0.1:1/'

export type Scene = Awaited<ReturnType<typeof aScene>>

/** A series whose only visit is this booking. */
async function aSeriesOf({ ownerPool }: TestDatabase, { id, clinicNo }: BuiltBooking): Promise<string> {
  const seriesId = newId(clinicNo)
  await ownerPool.query(sql`
    insert into holdfast.booking_series (clinic_no, id, every, unit, total)
    values (${clinicNo}, ${seriesId}, 1, 'week', 1)`)
  await ownerPool.query(sql`
    insert into holdfast.booking_series_member (clinic_no, booking_id, series_id, number)
    values (${clinicNo}, ${id}, ${seriesId}, 1)`)
  return seriesId
}

/** A clinic with two doctors, a booked slot of the first, its members, and people from elsewhere. */
export async function aScene(database: TestDatabase, rest: RestApp) {
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slot = await aSlot(database, doctor)
  const owner = rest.anAccount()
  const booking = await aBooking(database, slot, { accountId: owner.id })
  const entry = await aWaitlistEntry(database, doctor, { accountId: owner.id, weekdays: [1] })
  const theatre = await aTheatreOf(rest, clinic.no, doctor.id)
  const ids = {
    ...theatre,
    clinicId: clinic.id,
    doctorId: doctor.id,
    slotId: slot.id,
    sessionId: (await aSession(database, doctor)).id,
    bookingId: booking.id,
    entryId: entry.id,
    seriesId: await aSeriesOf(database, booking),
    accountId: newId(clinic.no),
    burstId: newId(clinic.no),
    invitationId: newId(clinic.no),
    messageId: await aMessageAbout(database, booking),
    patientId: await aRecordOf(rest, clinic.no),
    webhookId: await aWebhookOf(rest, clinic.no),
    keyId: await anApiKeyOf(rest, clinic.no),
    visitTypeId: await aVisitTypeOf(rest, clinic.no),
    otherVisitTypeId: await aVisitTypeOf(rest, clinic.no),
    questionId: newId(clinic.no),
    resourceId: (await aVisitResource(database, clinic)).id,
    closureId: await aClosureOf(rest, doctor),
    personId: await aPersonOf(rest, owner.id),
  }
  const unknownEntries = Object.keys(ids).map((name) => [name, newId(clinic.no)])
  const unknownIds: typeof ids = Object.fromEntries(unknownEntries)
  return {
    ids: {
      ...ids,
      ownerId: owner.id,
      manageToken: rest.manageTokens.issue(booking.id, { accountId: owner.id, epoch: 0 }),
      choiceToken: `hfu_${'A'.repeat(43)}`,
    },
    unknownIds: { ...unknownIds, ownerId: owner.id },
    database,
    clinic,
    doctor,
    token: rest.manageTokens.issue(booking.id, { accountId: owner.id, epoch: 0 }),
    otherToken: rest.manageTokens.issue(newId(clinic.no)),
    owner,
    stranger: rest.anAccount(),
    staff: await rest.aMember(clinic.no, 'staff'),
    admin: await rest.aMember(clinic.no, 'admin'),
    ownDoctor: await rest.aMember(clinic.no, 'doctor', doctor.id),
    colleague: await rest.aMember(clinic.no, 'doctor', colleague.id),
    otherAdmin: await rest.aMember(other.no, 'admin'),
    site: rest.anAccount({ siteAdministrator: true }),
  }
}

async function aRecordOf(rest: RestApp, clinicNo: number): Promise<string> {
  return ofKind(await rest.engine.patients.create(clinicNo, aPatientRecord(), null), 'done').value.id
}

/** A message that was sent. */
async function aMessageAbout(database: TestDatabase, { id, clinicNo, slotId, version }: BuiltBooking): Promise<string> {
  const messageId = newId(clinicNo)
  await database.ownerPool.query(sql`
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at)
     values (${clinicNo}, ${messageId}, ${id}, ${version}, ${slotId}, 'confirmed', 'email', 'sent', now(), now())`)
  return messageId
}

/** Nothing listens at its URL. */
async function aClosureOf(rest: RestApp, { id: doctorId, clinicNo }: BuiltDoctor): Promise<string> {
  const time = { localStart: '2100-01-01T00:00', localEnd: '2100-01-02T00:00', yearly: false }
  const closure = { clinicNo, doctorId, ...time, note: null, createdBy: randomUUID() }
  return ofKind(await rest.engine.closures.create(closure, null), 'done').closure.id
}

async function aPersonOf({ engine }: RestApp, accountId: string): Promise<string> {
  const created = await engine.accountPeople.create(accountId, { name: 'Mia', birthDate: null, relation: null }, null)
  if (created.kind !== 'done') throw new Error(created.kind)
  return created.person.id
}

async function aWebhookOf({ engine: { webhooks } }: RestApp, clinicNo: number): Promise<string> {
  const events = ['booking.confirmed'] as const
  const webhook = { clinicNo, url: webhookUrl, events, sealedSecret: 'sealed' }
  return ofKind(await webhooks.create(webhook, null), 'done').webhook.id
}

async function anApiKeyOf({ engine: { apiKeys } }: RestApp, clinicNo: number): Promise<string> {
  const id = newId(clinicNo)
  const { digest } = apiKeySecrets.issue(id)
  const apiKey = { clinicNo, id, name: 'Laboratory', bookingsPerSecond: 50, createdBy: id, expiresAt: null }
  return ofKind(await apiKeys.create({ ...apiKey, scopes: ['times:read'], digest }, null), 'done').apiKey.id
}

async function aVisitTypeOf({ engine: { directory } }: RestApp, clinicNo: number): Promise<string> {
  return ofKind(await directory.createVisitType(clinicNo, aNewVisitType({ combinable: true }), null), 'done').visitType
    .id
}

/** A case and a request of a surgeon, who is a doctor of the clinic. */
async function aTheatreOf({ engine: { theatre } }: RestApp, clinicNo: number, surgeonId: string) {
  const room = await theatre.createRoom(clinicNo, { name: 'OR', site: null, turnoverMinutes: 0, hours: null }, null)
  const staff = await theatre.createStaff(
    clinicNo,
    { name: 'Nurse', profession: 'nurse', preferredEquipmentIds: [] },
    null,
  )
  const equipment = await theatre.createEquipment(clinicNo, { name: 'Robot', units: 1, reprocessingMinutes: 0 }, null)
  if (room.kind !== 'done' || staff.kind !== 'done' || equipment.kind !== 'done') throw new Error('Not created.')
  const roomId = room.value.id
  const what = {
    patient: { mrn: 'M-1', name: 'Grace', birthDate: null },
    service: 'Orthopaedics',
    procedure: { code: '27447', display: 'Knee' },
    minutes: 60,
    urgency: 'elective' as const,
    surgeonId,
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
  }
  const startsAt = new Date(`${theatreDay}T08:00:00Z`)
  const claim = (at: Date) =>
    theatre.claimCase({
      ...what,
      roomId,
      startsAt: at,
      caseId: newId(clinicNo),
      blockId: null,
      requestId: null,
      override: null,
      confirm: true,
      actorId: null,
      key: randomUUID(),
      requestHash: randomUUID(),
    })
  const [claimed, other] = [await claim(startsAt), await claim(new Date(startsAt.getTime() + 7_200_000))]
  const requested = await theatre.createCaseRequest(
    clinicNo,
    { ...what, dueOn: null, roomId: null, note: null, createdBy: null, mayChangePatient: true },
    null,
  )
  const blocks = await theatre.createBlocks({
    roomId,
    service: null,
    surgeonId: null,
    releaseDays: null,
    dryRun: false,
    actorId: null,
    when: {
      drafts: [
        {
          startsAt: new Date(startsAt.getTime() + 86_400_000),
          endsAt: new Date(startsAt.getTime() + 90_000_000),
          capacity: 60,
        },
      ],
    },
  })
  const blockId = blocks.kind === 'done' ? blocks.items[0]?.blockId : null
  if (
    claimed.kind !== 'booked' ||
    other.kind !== 'booked' ||
    requested.kind !== 'done' ||
    requested.value.kind !== 'created' ||
    !blockId
  ) {
    throw new Error(`Not created: ${claimed.kind}, ${requested.kind}, ${blocks.kind}`)
  }
  return {
    roomId,
    staffId: staff.value.id,
    equipmentId: equipment.value.id,
    blockId,
    caseId: claimed.case.id,
    otherCaseId: other.case.id,
    requestId: requested.value.id,
  }
}

export type Ids = Record<string, string>

export const operations = Object.entries(restOperations) as [OperationId, Operation][]
export const guarded = operations.filter(([, { access }]) => access !== 'anyone')

/** The problems of callers without access. */
export const refusals = [
  'forbidden',
  'booking_not_found',
  'booking_series_not_found',
  'clinic_not_found',
  'doctor_not_found',
  'slot_not_found',
  'case_not_found',
  'case_request_not_found',
  'waitlist_entry_not_found',
]

/** Sends the example of an operation, which succeeds for a caller who may make it. */
export function send(rest: RestApp, id: OperationId, ids: Ids, who: Pick<CallOptions, 'as' | 'token' | 'key'>) {
  const described: Operation = restOperations[id]
  return rest.call(id, { path: ids, ...fillExample(described, { ...ids, day: theatreDay }), ...who } as CallOptions)
}

/** A text in which ids are replaced, to compare refusals. */
export function withoutIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
}
