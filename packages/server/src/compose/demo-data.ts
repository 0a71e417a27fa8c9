import { addLogReceiver, clinicNoOf, type Engine, mailReceiverName, withPool } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { createDemoClinic } from '../demo/demo-clinic.ts'
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
  const empty = await isEmpty(engines.engine)
  if (demo === 'on') {
    if (empty) await createDemoClinic(engines, new Date())
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
    const { id, week } = await createDemoClinic(engines, new Date())
    const clinicNo = clinicNoOf(id)
    const engine = engines.engineOf(clinicNo)
    // The log is forwarded from here on.
    if (!sendsMails) await addLogReceiver(pool, mailReceiverName)
    const beginSlot = (slotId: string, startsAt: Date) => beginDemoSlot(pool, clinicNo, slotId, startsAt)
    await fillDemoWeek({ engine, beginSlot }, clinicNo, week)
    await fillDemoWaitlist(engine, clinicNo, new Date())
    await createDemoTheatre(engine, id, new Date())
    await pool.query(sql`insert into holdfast.setting (name, value) values (${markName}, 'full')`)
  })
}

/** A slot that has begun: the engine creates none. */
async function beginDemoSlot(pool: pg.Pool, clinicNo: number, slotId: string, startsAt: Date): Promise<void> {
  await pool.query(sql`
    update holdfast.slot s
       set starts_at = ${startsAt},
           digest = holdfast.slot_digest(s.id, s.resource_id, ${startsAt}, s.ends_at, s.capacity, null, null)
     where s.clinic_no = ${clinicNo} and s.id = ${slotId}`)
}

async function isMarked(pool: pg.Pool): Promise<boolean> {
  const { rowCount } = await pool.query(sql`select from holdfast.setting where name = ${markName}`)
  return rowCount === 1
}

async function isEmpty(engine: Engine): Promise<boolean> {
  const { items } = await engine.directory.clinics({ q: null, limit: 1, cursor: null })
  return items.length === 0
}
