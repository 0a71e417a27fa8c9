import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createEngine, type Engine, newId, verify } from '@holdfast/engine'
import { aClinic, aDoctor, aSession, aVisitType, type BuiltClinic, createTestCluster } from '@holdfast/testkit'
import type pg from 'pg'

/** What was held in a room on a day: one after the other. */
type RealVisit = { id: string; date: string; room: string; minutes: number }

/** `minutes`: how long a session is. */
type VisitsOptions = { minutes: number; say(line: string): void }

export type VisitsResult = {
  visits: number
  sessions: number
  accepted: number
  /** By the reason. */
  refused: Record<string, number>
  /** Minutes of the visits that were accepted, and of all sessions. */
  bookedMinutes: number
  sessionMinutes: number
  /** How many of the same visits fixed slots have place for, by their length: longer visits do not fit in one. */
  fixedSlots: { minutes: number; accepted: number }[]
  overlaps: number
  wrongMinutes: number
  mismatches: number
}

const dayMs = 86_400_000
const gridMinutes = 15

/**
 * Books the real cases of a file, which has their planned minutes, as visits: each room is a doctor, each day of a room
 * an open session, and each length a visit type. Each is booked at the soonest free time of its day, in an order that
 * the digests of their ids decide.
 *
 * @param path the columns case_id, date, room and booked_minutes are read
 */
export async function runVisitsDrill(path: string, { minutes, say }: VisitsOptions): Promise<VisitsResult> {
  const visits = parse(await readFile(path, 'utf8'))
  const cluster = await createTestCluster()
  const engine = createEngine({ batchPool: cluster.appPool, generalPool: cluster.appPool })
  try {
    return await replay(visits, { ownerPool: cluster.ownerPool, engine, minutes, say })
  } finally {
    await engine.stop()
    await cluster.end()
  }
}

function parse(text: string): RealVisit[] {
  const [header = '', ...lines] = text.trim().split('\n')
  const names = header.trim().split(',')
  const visits = lines.map((line) => {
    // A text in quotes may have commas, and the other columns have none.
    const values = line.replaceAll(/"[^"]*"/g, '').split(',')
    const value = (name: string) => values[names.indexOf(name)] ?? ''
    return {
      id: value('case_id'),
      date: value('date'),
      room: value('room'),
      minutes: Number(value('booked_minutes')),
    }
  })
  const bad = visits.find(({ id, date, room, minutes }) => !(id && date && room && Number.isInteger(minutes)))
  if (bad !== undefined) throw new Error(`This line of the file cannot be read: ${JSON.stringify(bad)}.`)
  return visits.toSorted((one, other) => (order(one.id) < order(other.id) ? -1 : 1))
}

const order = (id: string) => createHash('sha256').update(id).digest('hex')

type Stage = VisitsOptions & { ownerPool: pg.Pool; engine: Engine }
type Calendar = Map<string, { doctorId: string; startsAt: Date }>

async function replay(visits: readonly RealVisit[], stage: Stage): Promise<VisitsResult> {
  const clinic = await aClinic(stage)
  const types = new Map<number, string>()
  for (const minutes of new Set(visits.map((visit) => visit.minutes))) {
    types.set(minutes, (await aVisitType(stage, clinic, { minutes })).id)
  }
  const calendar = await openSessions(visits, clinic, stage)
  stage.say(`${visits.length} visits of ${types.size} lengths in ${calendar.size} sessions`)
  const refused: Record<string, number> = {}
  let [accepted, bookedMinutes] = [0, 0]
  for (const visit of visits) {
    const reason = await book(stage, clinic, visit, types.get(visit.minutes) ?? '', calendar)
    if (reason === null) {
      accepted += 1
      bookedMinutes += visit.minutes
    } else refused[reason] = (refused[reason] ?? 0) + 1
  }
  const { mismatches, overbooked } = await verify(stage.ownerPool, { clinicNo: clinic.no, detailsMax: 10 })
  return {
    visits: visits.length,
    sessions: calendar.size,
    accepted,
    refused,
    bookedMinutes,
    sessionMinutes: calendar.size * stage.minutes,
    fixedSlots: inFixedSlots(visits, stage.minutes),
    ...(await countFaults(stage.ownerPool, clinic)),
    mismatches: mismatches + overbooked,
  }
}

function inFixedSlots(visits: readonly RealVisit[], sessionMinutes: number): VisitsResult['fixedSlots'] {
  const days = [...Map.groupBy(visits, keyOf).values()]
  const lengths = [...new Set(visits.map((visit) => visit.minutes))].sort((one, other) => one - other)
  return lengths.map((minutes) => {
    const slots = Math.floor(sessionMinutes / minutes)
    const fitting = days.map((day) => Math.min(slots, day.filter((visit) => visit.minutes <= minutes).length))
    return { minutes, accepted: fitting.reduce((sum, count) => sum + count, 0) }
  })
}

const keyOf = ({ date, room }: RealVisit) => `${date} ${room}`

/** The first day of the file is the one after tomorrow. */
async function openSessions(visits: readonly RealVisit[], clinic: BuiltClinic, stage: Stage): Promise<Calendar> {
  const first = Math.min(...visits.map(({ date }) => Date.parse(date)))
  const begin = Math.ceil(Date.now() / dayMs + 1) * dayMs
  const doctors = new Map<string, Awaited<ReturnType<typeof aDoctor>>>()
  const calendar: Calendar = new Map()
  for (const visit of visits) {
    if (calendar.has(keyOf(visit))) continue
    const doctor = doctors.get(visit.room) ?? (await aDoctor(stage, clinic, { name: `Room ${visit.room}` }))
    doctors.set(visit.room, doctor)
    const startsAt = new Date(begin + Date.parse(visit.date) - first + 8 * 3_600_000)
    await aSession(stage, doctor, { startsAt, minutes: stage.minutes, gridMinutes })
    calendar.set(keyOf(visit), { doctorId: doctor.id, startsAt })
  }
  return calendar
}

/** @returns why it was refused; null: it is booked */
async function book(
  { engine, minutes }: Stage,
  clinic: BuiltClinic,
  visit: RealVisit,
  visitTypeId: string,
  calendar: Calendar,
): Promise<string | null> {
  const day = calendar.get(keyOf(visit))
  if (day === undefined) throw new Error(`There is no session for ${keyOf(visit)}.`)
  const { items } = await engine.sessions.times({
    clinicNo: clinic.no,
    doctorId: day.doctorId,
    visitTypeId,
    from: day.startsAt,
    to: new Date(day.startsAt.getTime() + minutes * 60_000),
    byDesk: false,
    accountId: null,
    limit: 100,
  })
  const [soonest] = items
  if (soonest === undefined) return 'no time of the day is free for so many minutes'
  const outcome = await engine.claimTime({
    bookingId: newId(clinic.no),
    sessionId: soonest.sessionId,
    visitTypeId,
    startsAt: soonest.startsAt,
    units: 1,
    patient: { name: `Patient ${visit.id}` },
    appointmentType: null,
    reason: null,
    confirm: true,
    accountId: null,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
  })
  return outcome.kind === 'booked' ? null : outcome.kind
}

async function countFaults(ownerPool: pg.Pool, { no }: BuiltClinic) {
  const { rows } = await ownerPool.query<{ overlaps: number; wrongMinutes: number }>(
    `with visit as materialized (
       select s.id, s.resource_id, s.starts_at, s.ends_at,
              s.ends_at - s.starts_at <> make_interval(mins => t.minutes) as is_wrong
         from holdfast.slot s
         join holdfast.visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
        where s.clinic_no = $1
          and exists (select from holdfast.booking b
                       where b.clinic_no = s.clinic_no and b.slot_id = s.id and b.status = 'CONFIRMED'))
     select (select count(*)::int
               from visit one
               join visit other on other.resource_id = one.resource_id and other.id > one.id
                               and other.starts_at < one.ends_at and one.starts_at < other.ends_at) as overlaps,
            (select count(*)::int from visit where is_wrong) as "wrongMinutes"`,
    [no],
  )
  return rows[0] ?? { overlaps: -1, wrongMinutes: -1 }
}

/** The result as a table. */
export function visitsTable(result: VisitsResult): string {
  const rows: [string, string | number][] = [
    ['real visits', result.visits],
    ['sessions', result.sessions],
    ['accepted', result.accepted],
    ...Object.entries(result.refused).map(([reason, count]): [string, number] => [`refused: ${reason}`, count]),
    ['minutes booked, of those of all sessions', `${result.bookedMinutes} of ${result.sessionMinutes}`],
    ...result.fixedSlots.map(({ minutes, accepted }): [string, number] => [
      `fixed slots of ${minutes} minutes would have accepted`,
      accepted,
    ]),
    ['overlaps, counted by brute force', result.overlaps],
    ['visits with other minutes than their type', result.wrongMinutes],
    ['found by verify', result.mismatches],
  ]
  return rows.map(([name, value]) => `${name.padEnd(66)}${value}\n`).join('')
}

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfVisits({ accepted, overlaps, wrongMinutes, mismatches }: VisitsResult): string[] {
  return [
    ...(accepted === 0 ? ['nothing was booked: this run proves nothing'] : []),
    ...(overlaps + wrongMinutes + mismatches === 0 ? [] : ['visits overlap, or differ from their types or the log']),
  ]
}
