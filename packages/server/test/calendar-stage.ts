import {
  type CalendarReads,
  type Committed,
  createCalendarReads,
  createEngine,
  EventTail,
  type LogEntry,
  Snapshot,
} from '@holdfast/engine'
import { aClaim, aClinic, aDoctor, aSlot, type BuiltSlot, ofKind, type TestDatabase, until } from '@holdfast/testkit'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { Calendar, type DaysView } from '../src/calendar/calendar.ts'
import type { CalendarChange } from '../src/calendar/calendar-change.ts'

/** What passes a gate is queued while it is closed, and delivered in order when it opens. */
class Gate<Value> {
  readonly #deliver: (value: Value) => void
  #queue: Value[] | null = null

  constructor(deliver: (value: Value) => void) {
    this.#deliver = deliver
  }

  get waiting(): readonly Value[] {
    return this.#queue ?? []
  }

  pass(value: Value): void {
    if (this.#queue === null) this.#deliver(value)
    else this.#queue.push(value)
  }

  close(): void {
    this.#queue = []
  }

  open(order: (queue: Value[]) => Value[] = (queue) => queue): void {
    const queue = this.#queue ?? []
    this.#queue = null
    for (const value of order(queue)) this.#deliver(value)
  }
}

type Finished = () => void

/** The snapshots that reads seem to have. */
type Plant = { days?: Snapshot; slots?: Snapshot }

/** A calendar over a real database. Results of reads, commits and pages of the log can be delivered late. */
async function aStage(database: TestDatabase, options: { bytesMax?: number; readMs?: number } = {}) {
  const real = createCalendarReads(database.appPool)
  const gates = { days: aGate(), slots: aGate(), doctors: aGate() }
  const failing = new Set<keyof CalendarReads>()
  const plant: Plant = {}
  const late = async <Result>(name: keyof CalendarReads, run: () => Promise<Result>): Promise<Result> => {
    if (failing.has(name)) throw Object.assign(new Error('The test cut the connection.'), { code: 'ECONNRESET' })
    const result = await run()
    await new Promise<void>((resolve) => gates[name].pass(resolve))
    return result
  }
  const reads: CalendarReads = {
    days: (...which) => late('days', async () => planted(plant.days, await real.days(...which))),
    slots: (...which) => late('slots', async () => planted(plant.slots, await real.slots(...which))),
    doctors: (...which) => late('doctors', () => real.doctors(...which)),
  }

  const pools = { batchPool: database.appPool, generalPool: database.appPool }
  const [engine, elsewhere] = [createEngine(pools), createEngine(pools)]
  const tail = await EventTail.start({ pool: database.appPool, listenUrl: null, idleMs: 20 })
  for (const one of [engine, elsewhere]) one.onCommitted(({ position }) => tail.wake(BigInt(position ?? 0)))

  let onPage: (entries: readonly LogEntry[], horizon: bigint) => void = () => undefined
  const log = new Gate<[readonly LogEntry[], bigint]>(([entries, horizon]) => onPage(entries, horizon))
  tail.subscribe((entries, horizon) => log.pass([entries, horizon]))
  let onCommitted: (committed: Committed) => void = () => undefined
  const commits = new Gate<Committed>((committed) => onCommitted(committed))
  engine.onCommitted((committed) => commits.pass(committed))

  const calendar = new Calendar({
    tail: {
      horizon: tail.horizon,
      subscribe: (listener) => {
        onPage = listener
        return () => undefined
      },
    },
    reads,
    bytesMax: options.bytesMax ?? 10_000_000,
    ...(options.readMs === undefined ? {} : { readMs: options.readMs }),
    log: pino({ enabled: false }),
  })
  calendar.follow({
    onCommitted: (subscriber) => {
      onCommitted = subscriber
      return () => undefined
    },
  })
  const changes: CalendarChange[] = []
  calendar.onChange((change) => changes.push(change))

  return {
    calendar,
    engine,
    /** Another process. */
    elsewhere,
    gates,
    failing,
    plant,
    log,
    commits,
    changes,
    /** Waits until everything written before has been applied, and read. */
    async untilCurrent(): Promise<void> {
      const { rows } = await database.ownerPool.query<{ xid: string }>('select pg_current_xact_id() as xid')
      const xid = BigInt(rows[0]?.xid ?? 0)
      await seen(() => calendar.horizon > xid, 'the log up to the last commit')
      await seen(() => calendar.figures.changedSlots === 0, 'the changed slots')
    },
    async stop(): Promise<void> {
      calendar.stop()
      await Promise.all([tail.stop(), engine.stop(), elsewhere.stop()])
    },
  }
}

/** The result of a read that says it was made in another snapshot. */
function planted<Result extends { snapshot: Snapshot } | null>(snapshot: Snapshot | undefined, result: Result): Result {
  return snapshot === undefined || result === null ? result : { ...result, snapshot }
}

/** Waits until something has happened. */
export function seen(hasHappened: () => boolean, what: string): Promise<true> {
  return until(
    async () => hasHappened(),
    () => what,
  )
}

function aGate(): Gate<Finished> {
  return new Gate((finish) => finish())
}

/** The slots of a view, as `id: available`. */
export function unitsOf(view: DaysView | null): Record<string, number> {
  const units: Record<string, number> = {}
  if (view === null) return units
  view.calendar.forEachSlot(view.start, view.end, (id, _startsAtMs, _endsAtMs, _capacity, available) => {
    units[id] = available
  })
  return units
}

/** A doctor with slots of one day, and a calendar. It stops when the test has finished. */
export async function aScene(
  database: TestDatabase,
  {
    slots = 1,
    capacity = 5,
    ...options
  }: {
    slots?: number
    capacity?: number
    bytesMax?: number
  } = {},
) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const built: BuiltSlot[] = []
  for (let count = 0; count < slots; count += 1) built.push(await aSlot(database, doctor, { capacity }))
  const [slot, other] = built
  if (slot === undefined) throw new Error('A scene has a slot.')
  const stage = await aStage(database, options)
  onTestFinished(stage.stop)
  const day = slot.startsAt.toISOString().slice(0, 10)
  return {
    ...stage,
    clinic,
    doctor,
    slot,
    other: other ?? slot,
    day,
    list: (readAfter: bigint | null = null) => stage.calendar.days(doctor.id, day, day, readAfter),
    /** What a list shows of the slot. */
    async listed(which: BuiltSlot = slot, readAfter: bigint | null = null): Promise<number | undefined> {
      return unitsOf(await stage.calendar.days(doctor.id, day, day, readAfter))[which.id]
    },
    async stored(which: BuiltSlot = slot): Promise<number> {
      const { rows } = await database.ownerPool.query<{ available: number }>(
        'select capacity - taken as available from holdfast.slot where clinic_no = $1 and id = $2',
        [which.clinicNo, which.id],
      )
      return rows[0]?.available ?? Number.NaN
    },
  }
}

export type Scene = Awaited<ReturnType<typeof aScene>>

const booked = { confirm: true }
/** Sees every transaction: planted, it makes a read or a commit look newer than it is. */
export const everything = new Snapshot(2 ** 50, 2 ** 50, [])

/** Books units of the slot. */
export async function claim(scene: Scene, by: 'engine' | 'elsewhere' = 'engine', slot = scene.slot, units = 1) {
  const outcome = ofKind(await scene[by].claim(aClaim(slot, { ...booked, units })), 'booked')
  return { bookingId: outcome.booking.id, position: BigInt(outcome.position) }
}

export const cancel = (scene: Scene, bookingId: string, by: 'engine' | 'elsewhere' = 'engine') =>
  scene[by].settle({ bookingId, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null })
