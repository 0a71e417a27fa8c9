import type { TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { createEngine } from '../src/create-engine.ts'
import type { Case } from '../src/model/theatre-case.ts'

/** Another session's transaction: what is done with its engine is invisible and locked until it commits. */
export async function aTransaction(database: TestDatabase) {
  const client = await database.appPool.connect()
  await client.query('begin')
  // What the engine does in a separate transaction becomes a part of this one.
  const isControl = (statement: unknown) =>
    typeof statement === 'string' && /^(begin|commit|rollback)\b/.test(statement)
  const query = (statement: string, values?: unknown[]) =>
    isControl(statement)
      ? Promise.resolve({ command: statement.toUpperCase(), rows: [] })
      : client.query(statement, values)
  const connect = () => Promise.resolve(Object.assign(Object.create(client), { query, release: () => undefined }))
  const pool = Object.assign(Object.create(database.appPool), { query: client.query.bind(client), connect })
  const { theatre, patients } = createEngine({ batchPool: pool, generalPool: pool })
  return {
    client,
    theatre,
    patients,
    async commit() {
      await client.query('commit')
      client.release()
    },
  }
}

export async function slotOf(
  database: TestDatabase,
  { id }: Pick<Case, 'id'>,
): Promise<{ clinicNo: number; id: string }> {
  const { rows } = await database.ownerPool.query<{ clinicNo: number; id: string }>(sql`
    select clinic_no as "clinicNo", slot_id as id from holdfast.booking where id = ${id}`)
  const [slot] = rows
  if (slot === undefined) throw new Error(`There is no booking ${id}.`)
  return slot
}

/** The hold of a case ends so many seconds from now. */
export async function endHold(database: TestDatabase, { id }: Pick<Case, 'id'>, seconds: number): Promise<void> {
  await database.ownerPool.query(
    `with b as (
       update holdfast.booking set hold_expires_at = clock_timestamp() + make_interval(secs => $2) where id = $1
       returning *
     ), e as (
       update holdfast.booking_event e set hold_expires_at = b.hold_expires_at from b where e.booking_id = b.id
     )
     update holdfast.slot s set next_lapse = b.hold_expires_at
       from b where s.clinic_no = b.clinic_no and s.id = b.slot_id`,
    [id, seconds],
  )
}
