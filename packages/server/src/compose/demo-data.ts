import { clinicNoOf, type Engine, withPool } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { createDemoClinic } from '../demo/demo-clinic.ts'
import { createDemoTheatre } from '../demo/demo-theatre.ts'
import { fillDemoWeek } from '../demo/demo-week.ts'
import { StartError } from '../lifecycle/start-error.ts'

/** HOLDFAST_DEMO: a demo clinic in an empty database, or also a week of invented bookings. */
export type Demo = 'off' | 'on' | 'full'

/** `engine` creates clinics, `engineOf` is that of a clinic. */
type Engines = { engine: Engine; engineOf(clinicNo: number): Engine }

/** Of the row in holdfast.setting that says that the bookings are invented. */
const markName = 'demo'

/**
 * Creates the demo clinic in an empty database. With `full` also its bookings and an operating theatre, and only there:
 * a database with other clinics may have real ones.
 *
 * @throws StartError for `full` with a database that is neither empty nor such a demo
 */
export async function createDemoData(engines: Engines, ownerUrl: string, demo: Demo): Promise<void> {
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
    const engine = engines.engineOf(clinicNoOf(id))
    await fillDemoWeek(engine, id, week)
    await createDemoTheatre(engine, id, new Date())
    await pool.query(sql`insert into holdfast.setting (name, value) values (${markName}, 'full')`)
  })
}

async function isMarked(pool: pg.Pool): Promise<boolean> {
  const { rowCount } = await pool.query(sql`select from holdfast.setting where name = ${markName}`)
  return rowCount === 1
}

async function isEmpty(engine: Engine): Promise<boolean> {
  const { items } = await engine.directory.clinics({ q: null, limit: 1, cursor: null })
  return items.length === 0
}
