import { randomUUID } from 'node:crypto'
import { createEngine, createPool, type Engine, newId, type OnceResult } from '@holdfast/engine'
import {
  blockMinutes,
  dayStartsAtMinute,
  openFromHour,
  openToHour,
  type RequestedCase,
  reprocessingOf,
  serviceOfCases,
  theatreShape,
  turnoverOf,
} from '../load/random-case.ts'
import { deadlocksIn } from '../measure/deadlocks.ts'
import { madeClinic, madeDoctor } from './our-calendar.ts'
import type { TheatreContender } from './theatre-contender.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
/** The server has the same number: see compose-server.ts. */
const connections = 8
const application = 'bench theatre'

/** The engine in this process, on a migrated database. Each theatre is a separate clinic. */
export async function ourTheatre(databaseUrl: string): Promise<TheatreContender> {
  const deadlocksBefore = await deadlocksIn(databaseUrl, application)
  const pool = createPool({ url: databaseUrl, max: connections, name: application })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await madeClinic(engine)
  const things = await madeTheatre(engine, clinic.no)
  // The second next midnight, so that nothing of the first day is over.
  const firstDay = (Math.floor(Date.now() / dayMs) + 2) * dayMs
  const at = (day: number, minute: number) => new Date(firstDay + day * dayMs + minute * minuteMs)
  for (const roomId of things.rooms) {
    const drafts = Array.from({ length: theatreShape.days }, (_, day) => ({
      startsAt: at(day, dayStartsAtMinute),
      endsAt: at(day, dayStartsAtMinute + blockMinutes),
      capacity: blockMinutes,
    }))
    const owner = { service: serviceOfCases, surgeonId: null, releaseDays: null, actorId: null }
    await engine.theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false })
  }
  await pool.query('analyze holdfast.slot, holdfast.block, holdfast.resource, holdfast.clinic')
  return {
    label: 'Holdfast',
    async claim(request) {
      const outcome = await engine.theatre.claimCase(claimOf(request, clinic.no, things, at))
      if (outcome.kind === 'booked') return 'booked'
      if (outcome.kind === 'refused') return 'refused'
      throw new Error(`The claim of a case returned ${outcome.kind}.`)
    },
    async recount() {
      const report = await engine.reads.verify({ clinicNo: clinic.no, detailsMax: 5 })
      return { cases: report.bookings, faults: report.details.map(({ kind, message }) => `${kind}: ${message}`) }
    },
    async end() {
      await engine.stop()
      await pool.end()
      return { deadlocks: (await deadlocksIn(databaseUrl, application)) - deadlocksBefore }
    },
  }
}

type Things = { rooms: string[]; surgeons: string[]; equipment: string[] }

/** The surgeons are doctors, so that their clinic slots are examined, too. */
async function madeTheatre(engine: Engine, clinicNo: number): Promise<Things> {
  const { theatre } = engine
  const all = (count: number, create: (n: number) => Promise<OnceResult<{ id: string }>>) =>
    Promise.all(Array.from({ length: count }, async (_, n) => idOf(await create(n))))
  const { rooms, surgeons, kinds, unitsOfKind } = theatreShape
  return {
    rooms: await all(rooms, (n) => {
      const room = { name: `Room ${n}`, site: null, turnoverMinutes: turnoverOf(n), hours }
      return theatre.createRoom(clinicNo, room, null)
    }),
    surgeons: await Promise.all(Array.from({ length: surgeons }, (_, n) => madeDoctor(engine, clinicNo, n))),
    equipment: await all(kinds, (n) => {
      const equipment = { name: `Kind ${n}`, units: unitsOfKind, reprocessingMinutes: reprocessingOf(n) }
      return theatre.createEquipment(clinicNo, equipment, null)
    }),
  }
}

const pad = (hour: number) => String(hour).padStart(2, '0')
const hours = ([1, 2, 3, 4, 5, 6, 7] as const).map((weekday) => ({
  weekday,
  from: `${pad(openFromHour)}:00`,
  to: `${pad(openToHour)}:00`,
}))

function idOf(created: OnceResult<{ id: string }>): string {
  if (created.kind === 'key_reused') throw new Error('A part of the theatre was not created.')
  return created.value.id
}

function claimOf(
  { room, surgeon, patient, day, startMinute, minutes, equipment }: RequestedCase,
  clinicNo: number,
  things: Things,
  at: (day: number, minute: number) => Date,
) {
  return {
    caseId: newId(clinicNo),
    roomId: things.rooms[room] ?? '',
    startsAt: at(day, startMinute),
    minutes,
    surgeonId: things.surgeons[surgeon] ?? '',
    anaesthetistId: null,
    staffIds: [],
    equipment: equipment.map(({ kind, units }) => ({ equipmentId: things.equipment[kind] ?? '', units })),
    patient: { mrn: `M-${patient}`, name: 'Ada Okafor', birthDate: null },
    service: serviceOfCases,
    procedure: { code: '27447', display: 'Total knee arthroplasty' },
    urgency: 'elective' as const,
    blockId: null,
    requestId: null,
    override: null,
    confirm: false,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
  }
}
