import { addLogReceiver, clinicNoOf, type Engine, mailReceiverName, withPool } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { type BegunSlot, createDemoClinic } from '../demo/demo-clinic.ts'
import { createDemoTheatre } from '../demo/demo-theatre.ts'
import { fillDemoWaitlist } from '../demo/demo-waitlist.ts'
import { fillDemoWeek } from '../demo/demo-week.ts'
import { StartError } from '../lifecycle/start-error.ts'

/** HOLDFAST_DEMO: a demo clinic in an empty database, or also a week of invented bookings. */
export type Demo = 'off' | 'on' | 'full'

/** `engine` creates clinics, `engineOf` is that of a clinic. */
type Engines = { engine: Engine; engineOf(clinicNo: number): Engine }

/** The name of the row in holdfast.setting that says that the bookings are invented. */
const markName = 'demo'

type DemoOptions = {
  ownerUrl: string
  demo: Demo
  /** There is a mail server. */
  sendsMails: boolean
}

/**
 * Creates the demo clinic in an empty database. With `full`, it also creates bookings and an operating theatre, and
 * only there: a database with other clinics may have real ones. Messages about these bookings are planned only where
 * none is sent.
 *
 * @throws StartError for `full` with a database that is neither empty nor such a demo
 */
export async function createDemoData(engines: Engines, { ownerUrl, demo, sendsMails }: DemoOptions): Promise<void> {
  if (demo === 'off') return
  const now = new Date()
  const empty = await isEmpty(engines.engine)
  if (demo === 'on') {
    if (empty) await createDemoClinic(engines, { now, withBegun: false })
    return
  }
  await withPool({ url: ownerUrl, name: 'holdfast demo' }, async (pool) => {
    if (await isMarked(pool)) return
    if (!empty) {
      throw new StartError(
        'HOLDFAST_DEMO=full creates invented bookings, and this database has clinics already. Use an empty database ' +
          '(DATABASE_URL, or another HOLDFAST_DATA), or set HOLDFAST_DEMO=off.',
      )
    }
    const { id, week } = await createDemoClinic(engines, { now, withBegun: true })
    const clinicNo = clinicNoOf(id)
    const engine = engines.engineOf(clinicNo)
    // The log is forwarded from here on.
    if (!sendsMails) await addLogReceiver(pool, mailReceiverName)
    const setBack = (slots: readonly BegunSlot[]) => setBackDemoSlots(pool, clinicNo, slots)
    await fillDemoWeek({ engine, setBack }, { clinicNo, doctors: week, now })
    await fillDemoWaitlist(engine, clinicNo, now)
    await createDemoTheatre(engine, id, now)
    await pool.query(sql`insert into holdfast.setting (name, value) values (${markName}, 'full')`)
  })
}

/** The engine creates and books no slot that has begun. */
async function setBackDemoSlots(pool: pg.Pool, clinicNo: number, slots: readonly BegunSlot[]): Promise<void> {
  await pool.query(sql`
    update holdfast.slot s
       set starts_at = b.starts_at,
           ends_at = b.ends_at,
           digest = holdfast.slot_digest(s.id, s.resource_id, b.starts_at, b.ends_at, s.capacity, null, null)
      from unnest(${slots.map(({ slotId }) => slotId)}::uuid[],
                  ${slots.map(({ startsAt }) => startsAt)}::timestamptz[],
                  ${slots.map(({ endsAt }) => endsAt)}::timestamptz[]) b (slot_id, starts_at, ends_at)
     where s.clinic_no = ${clinicNo} and s.id = b.slot_id`)
}

async function isMarked(pool: pg.Pool): Promise<boolean> {
  const { rowCount } = await pool.query(sql`select from holdfast.setting where name = ${markName}`)
  return rowCount === 1
}

async function isEmpty(engine: Engine): Promise<boolean> {
  const { items } = await engine.directory.clinics({ q: null, limit: 1, cursor: null })
  return items.length === 0
}
