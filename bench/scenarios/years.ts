import { randomUUID } from 'node:crypto'
import { createEngine, createPool, type Engine, expireHolds, newId, purgeOutdated } from '@holdfast/engine'
import { addMonths } from '@holdfast/testkit'
import type pg from 'pg'
import type { Calendar } from '../contenders/contender.ts'
import type { OurServer } from '../contenders/our-server.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Bench, Measured, Scenario } from './scenario.ts'

const repetitions = 40
/** Ten years. */
const monthsAdded = 120

/** Two servers in alternation, one of which has ten more years of monthly partitions. */
export const years: Scenario = {
  name: 'years',
  title: 'Ten years of months',
  inSmoke: false,
  async run(bench) {
    const old = await bench.startOurs('years_old')
    const young = await bench.startOurs('years_young')
    try {
      await addMonths({ ownerPool: old.calendars.pool }, monthsAdded)
      const { warmupMs, roundMs, connections, isSmoke } = bench.pace
      const rounds = await alternate([young, old], isSmoke ? 1 : bench.pace.rounds + 4, (ours, seed) =>
        runRound(bench, ours, {
          shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
          load: { kind: 'closed', warmupMs, durationMs: roundMs },
          connections,
          seed,
        }),
      )
      const [before = [], after = []] = rounds.map((sideRounds) => sideRounds.map((round) => round.bookedPerSecond))
      // What a claim costs is the reciprocal of the rate.
      const reached = ratiosOf(before, after)
      const part = { name: `+ ${monthsAdded} months`, reached, unit: '×', isReached: reached.median <= 1.1 }
      return {
        measured: [
          { name: 'claims', values: { 'months of this year': spreadOf(before), 'ten more years': spreadOf(after) } },
          ...(await timesOf(bench, young, old)),
        ],
        figures: [{ row: 19, title: 'what a claim costs after ten years of months', target: '≤ 1.1', parts: [part] }],
        faults: rounds.flat().flatMap((round) => round.faults),
        notes: ['Claims per second; everything else in milliseconds, the median for a lone caller.'],
      }
    } finally {
      await Promise.all([old.stop(), young.stop()])
    }
  },
}

type Side = { engine: Engine; pool: pg.Pool; calendar: Calendar; doctorClinicNo: number }

/** Each operation on both databases in turn. */
async function timesOf({ pace }: Bench, young: OurServer, old: OurServer): Promise<Measured[]> {
  const sides: Side[] = []
  for (const server of [young, old]) {
    const pool = createPool({ url: server.databaseUrl, max: 4, name: 'bench years' })
    const calendar = await server.makeCalendar({ doctors: 1, slotsPerDoctor: 30, units: 30_000 })
    const engine = createEngine({ batchPool: pool, generalPool: pool })
    sides.push({ engine, pool, calendar, doctorClinicNo: calendar.clinic?.no ?? 0 })
  }
  try {
    const measured: Measured[] = []
    for (const [name, { before, run }] of Object.entries(operations)) {
      const times = await alternate(sides, pace.isSmoke ? 2 : repetitions, async (side) => {
        const bookingId = before === null ? '' : await before(side)
        const startedAt = performance.now()
        await run(side, bookingId)
        return performance.now() - startedAt
      })
      const [ofYoung = [], ofOld = []] = times
      measured.push({
        name,
        values: { 'months of this year': spreadOf(ofYoung).median, 'ten more years': spreadOf(ofOld).median },
      })
    }
    return measured
  } finally {
    for (const { engine, pool } of sides) {
      await engine.stop()
      await pool.end()
    }
  }
}

type Operation = {
  /** Creates the booking that the operation is about. */
  before: ((side: Side) => Promise<string>) | null
  run(side: Side, bookingId: string): Promise<unknown>
}

const accountId = randomUUID()
const list = { status: null, limit: 25, cursor: null }

async function book({ engine, calendar, doctorClinicNo }: Side, confirm: boolean): Promise<string> {
  const outcome = await engine.claim({
    bookingId: newId(doctorClinicNo),
    slotId: calendar.slotIds[0] ?? '',
    units: 1,
    patient: { name: 'Ada Lovelace' },
    appointmentType: null,
    reason: null,
    confirm,
    accountId,
    actorId: null,
    key: randomUUID(),
    requestHash: randomUUID(),
  })
  if (outcome.kind !== 'booked') throw new Error(`A claim's outcome is ${outcome.kind}.`)
  return outcome.booking.id
}

const held = (side: Side) => book(side, false)
const booked = (side: Side) => book(side, true)

const settle = (action: 'confirm' | 'extend' | 'cancel') => async (side: Side, bookingId: string) =>
  await side.engine.settle({ bookingId, action, actorId: null, onBehalf: true, key: null, reason: null })

async function aDayOf({ engine, calendar }: Side) {
  const slot = await engine.reads.slot(calendar.slotIds[0] ?? '')
  const day = slot?.startsAt.toISOString().slice(0, 10) ?? ''
  return { from: day, to: day }
}

const operations: Record<string, Operation> = {
  confirm: { before: held, run: settle('confirm') },
  extend: { before: held, run: settle('extend') },
  'release a hold': { before: held, run: settle('cancel') },
  cancel: { before: booked, run: settle('cancel') },
  move: {
    before: booked,
    run: ({ engine, calendar }, bookingId) =>
      engine.move({ bookingId, slotId: calendar.slotIds[1] ?? '', actorId: null, onBehalf: true, key: null }),
  },
  'an empty read of the log': {
    before: null,
    run: ({ pool }) =>
      pool.query({
        name: 'empty_log',
        text: 'select * from holdfast.read_log(pg_snapshot_xmin(pg_current_snapshot()), 0, 128)',
      }),
  },
  "an account's bookings": {
    before: null,
    run: ({ engine }) => engine.reads.bookingsOfAccount({ accountId, from: null, to: null, ...list }),
  },
  "a clinic's day": {
    before: null,
    run: async (side) =>
      side.engine.reads.bookingsOfClinic({
        clinicNo: side.doctorClinicNo,
        doctorId: null,
        q: null,
        confirmedOnly: false,
        ...(await aDayOf(side)),
        ...list,
      }),
  },
  "a doctor's list": {
    before: null,
    run: async (side) =>
      side.engine.reads.bookingsOfClinic({
        clinicNo: side.doctorClinicNo,
        doctorId: side.calendar.doctorIds[0] ?? null,
        q: null,
        confirmedOnly: false,
        ...(await aDayOf(side)),
        ...list,
      }),
  },
  'the sweep': { before: null, run: ({ pool }) => expireHolds(pool) },
  retention: { before: null, run: ({ pool }) => purgeOutdated(pool) },
}
