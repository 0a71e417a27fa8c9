import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, type BuiltClinic, type ClinicOverrides, type TestDatabase } from '@holdfast/testkit'
import { test as base, freshDatabaseTest } from '@holdfast/testkit/database-test'
import { createEngine } from '../src/create-engine.ts'
import type { Committed } from '../src/model/committed.ts'
import { newId } from '../src/model/id.ts'
import type { SlotDraft } from '../src/model/slot.ts'
import type { NewCaseRequest, SuggestQuery, Theatre } from '../src/model/theatre.ts'
import type { ClaimCaseRequest } from '../src/model/theatre-case.ts'
import type { BlockOwner, NewEquipment, NewRoom, NewStaff, Profession } from '../src/model/theatre-resource.ts'

/** A theatre with one room, surgeon and piece of equipment, and an engine whose announcements are collected. */
export async function aTheatre(database: TestDatabase, overrides: ClinicOverrides = {}) {
  const clinic = await aClinic(database, overrides)
  const engine = createEngine({
    batchPool: database.appPool,
    generalPool: database.appPool,
    // More interleavings.
    clinicCasesMax: 64,
  })
  const announced: Committed[] = []
  engine.onCommitted((committed) => announced.push(committed))
  const { theatre } = engine
  const room = await aRoom(theatre, clinic)
  const surgeon = await aDoctor(database, clinic, { name: 'Dr Sato' })
  const robot = await someEquipment(theatre, clinic)
  return { clinic, engine, theatre, room, surgeon, robot, announced }
}

export type BuiltTheatre = Awaited<ReturnType<typeof aTheatre>>

const theatreIn = ({ database }: { database: TestDatabase }) => aTheatre(database)

/** `test` with a theatre, the `scene`, for each test that names it. */
export const test = base.extend('scene', theatreIn)

/** The same with a database for each test. */
export const freshTest = freshDatabaseTest.extend('scene', theatreIn)

export async function aRoom(theatre: Theatre, clinic: BuiltClinic, overrides: Partial<NewRoom> = {}): Promise<string> {
  const room = { name: 'Room 1', site: null, turnoverMinutes: 0, hours: null, ...overrides }
  return created(await theatre.createRoom(clinic.no, room, null))
}

export async function someStaff(
  theatre: Theatre,
  clinic: BuiltClinic,
  profession: Profession,
  overrides: Partial<NewStaff> = {},
): Promise<string> {
  const staff = { name: `A ${profession}`, profession, preferredEquipmentIds: [], ...overrides }
  return created(await theatre.createStaff(clinic.no, staff, null))
}

export async function someEquipment(
  theatre: Theatre,
  clinic: BuiltClinic,
  overrides: Partial<NewEquipment> = {},
): Promise<string> {
  const equipment = { name: 'Robot', units: 1, reprocessingMinutes: 0, ...overrides }
  return created(await theatre.createEquipment(clinic.no, equipment, null))
}

function created(outcome: { kind: string; value?: { id: string } }): string {
  if (outcome.value === undefined) throw new Error(`It was not created: ${outcome.kind}.`)
  return outcome.value.id
}

/** Midnight, UTC, of a day that has not begun when the tests end. */
const dayMs = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400_000

/** A time of that day. */
export function soonAt(hours: number, minutes = 0): Date {
  return new Date(dayMs + (hours * 60 + minutes) * 60_000)
}

/** A held case of an hour, at nine, of a new patient. */
export function aCase(
  { clinic, room, surgeon }: Pick<BuiltTheatre, 'clinic' | 'room' | 'surgeon'>,
  overrides: Partial<ClaimCaseRequest> = {},
): ClaimCaseRequest {
  const caseId = newId(clinic.no)
  return {
    caseId,
    roomId: room,
    startsAt: soonAt(9),
    minutes: 60,
    surgeonId: surgeon.id,
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
    patient: { mrn: caseId, name: 'Ada Okafor', birthDate: null },
    service: 'Orthopaedics',
    procedure: { code: '27447', display: 'Total knee arthroplasty' },
    urgency: 'elective',
    blockId: null,
    requestId: null,
    override: null,
    confirm: false,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
    ...overrides,
  }
}

/** The search for times of tomorrow for a case like this one. */
export function suggestQueryOf({ clinic }: Pick<BuiltTheatre, 'clinic'>, request: ClaimCaseRequest): SuggestQuery {
  const { minutes, service, urgency, surgeonId, anaesthetistId, staffIds, equipment, blockId, patient } = request
  const tomorrow = soonAt(0).toISOString().slice(0, 10)
  return {
    ...{ minutes, service, urgency, surgeonId, anaesthetistId, staffIds, equipment, blockId, mrn: patient.mrn },
    ...{ clinicNo: clinic.no, roomIds: null, exceptCaseId: null, from: tomorrow, to: tomorrow },
    ...{ limit: 10, stepMinutes: 5 },
  }
}

/** A block, for everybody unless `owner` says otherwise. @returns its id */
export async function aBlock(
  theatre: Theatre,
  roomId: string,
  draft: SlotDraft,
  owner: Partial<BlockOwner & { releaseDays: number }> = {},
): Promise<string> {
  const whose = { service: null, surgeonId: null, releaseDays: null, ...owner }
  const request = { ...whose, roomId, when: { drafts: [draft] }, dryRun: false, actorId: null }
  const outcome = await theatre.createBlocks(request)
  const blockId = outcome.kind === 'done' ? outcome.items[0]?.blockId : null
  if (blockId == null) throw new Error(`No block was created: ${JSON.stringify(outcome)}`)
  return blockId
}

/** A request of the waitlist for a case. */
export async function aCaseRequest(
  { theatre, clinic }: Pick<BuiltTheatre, 'theatre' | 'clinic'>,
  { patient, service, procedure, surgeonId, minutes, urgency }: ClaimCaseRequest,
  overrides: Partial<NewCaseRequest> = {},
): Promise<string> {
  const of = { patient, service, procedure, surgeonId, minutes, urgency, roomId: null, dueOn: null, note: null }
  const request = { ...of, anaesthetistId: null, staffIds: [], equipment: [], createdBy: null, ...overrides }
  const created = await theatre.createCaseRequest(clinic.no, { ...request, mayChangePatient: true }, null)
  if (created.kind !== 'done' || created.value.kind !== 'created') throw new Error(JSON.stringify(created))
  return created.value.id
}

/** The case of an outcome that has one. @throws Error with the outcome otherwise */
export function caseOf<Placed>(outcome: { kind: string; case?: Placed }): Placed {
  if (outcome.case === undefined) throw new Error(`There is no case: ${JSON.stringify(outcome)}`)
  return outcome.case
}
