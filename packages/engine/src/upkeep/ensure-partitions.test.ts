import { aBooking, aClinic, aDoctor, aSlot, holdLock, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { idFloor, newId, timeOf } from '../model/id.ts'
import { ensurePartitions, partitionMonthsAhead } from './ensure-partitions.ts'

type Partition = { parent: string; name: string; from: string; to: string }

async function partitions(database: TestDatabase): Promise<Partition[]> {
  const { rows } = await database.ownerPool.query<Partition>(`
    select p.relname as parent, c.relname as name, bound[1] as from, bound[2] as to
      from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent,
           regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('(.*)'\\) TO \\('(.*)'\\)$$) bound
     where p.relname in ('booking', 'booking_event') and c.relkind = 'r' order by p.relname, c.relname`)
  return rows
}

/** The first instant of the month `months` from now, UTC. */
function monthStart(months: number): Date {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1))
}

function expectedPartitions(parent: string, monthsAhead: number): Partition[] {
  return Array.from({ length: monthsAhead + 2 }, (_, index) => {
    const from = monthStart(index - 1)
    const month = `y${from.getUTCFullYear()}m${String(from.getUTCMonth() + 1).padStart(2, '0')}`
    return { parent, name: `${parent}_${month}`, from: idFloor(from), to: idFloor(monthStart(index)) }
  })
}

test('there is a partition for each month from the last one to two years ahead, without gaps', async ({ database }) => {
  const ahead = (months: number) => [
    ...expectedPartitions('booking', months),
    ...expectedPartitions('booking_event', months),
  ]
  expect(await partitions(database)).toEqual(ahead(partitionMonthsAhead))
  const created = await ensurePartitions(database.appPool, 24)
  expect(created).toHaveLength(2 * (24 - partitionMonthsAhead))
  expect(await partitions(database)).toEqual(ahead(24))
  expect(await ensurePartitions(database.appPool, 24)).toEqual([])
})

test('eight calls at once create each partition once', async ({ database }) => {
  const created = await Promise.all(Array.from({ length: 8 }, () => ensurePartitions(database.appPool, 8)))
  expect(created.flat()).toHaveLength(2 * (8 - partitionMonthsAhead))
})

test('the last millisecond of a month and the first of the next are on both sides of a bound', async ({ database }) => {
  const bound = monthStart(1)
  const rows: { at: Date; table: unknown }[] = []
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  for (const at of [new Date(bound.getTime() - 1), bound]) {
    const id = idFloor(at).slice(0, 14) + newId(doctor.clinicNo).slice(14)
    expect(timeOf(id)).toEqual(at)
    const { rows: inserted } = await database.ownerPool.query<{ table: string }>(
      `insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
        created_at, updated_at) values ($1, $2, $3, $4, 1, 'CONFIRMED', 'in_person', '{}', now(), now()) returning
         (select relname from pg_class where oid = booking.tableoid) as table`,
      [doctor.clinicNo, id, slot.id, doctor.id],
    )
    rows.push({ at, table: inserted[0]?.table })
  }
  const names = expectedPartitions('booking', 1).map((partition) => partition.name)
  expect(rows.map((row) => row.table)).toEqual([names[1], names[2]])
})

test('a partition has the parent’s primary key, indexes and checks', async ({ database }) => {
  const [name] = (await ensurePartitions(database.appPool, partitionMonthsAhead + 1)).filter(
    (partition) => !partition.includes('event'),
  )
  const { rows } = await database.ownerPool.query(sql`select relname = 'booking' as is_parent,
           (select count(*)::int from pg_index where indrelid = c.oid) as indexes,
           (select count(*)::int from pg_constraint where conrelid = c.oid and contype in ('c', 'p')) as constraints,
           (select count(*)::int from pg_attribute where attrelid = c.oid and attnotnull and attnum > 0) as not_nulls,
           (select array_agg(attname::text order by attname) from pg_attribute
             where attrelid = c.oid and attstattarget = 0 and attnum > 0) as without_statistics
      from pg_class c where relname in ('booking', ${name}) and relnamespace = 'holdfast'::regnamespace order by 1`)
  expect(rows).toHaveLength(2)
  expect({ ...rows[0], is_parent: true }).toEqual(rows[1])
  // Samples of patients would outlive their erasure.
  expect(rows[1].without_statistics).toEqual(['cancellation_reason', 'patient', 'reason'])
})

test('claims continue meanwhile; CREATE TABLE … PARTITION OF would have waited for all', async ({ database, slot }) => {
  const booking = await aBooking(database, slot)
  const writing = await holdLock(database.ownerPool, `update holdfast.booking set updated_at = now() where id = $1`, [
    booking.id,
  ])
  try {
    expect(await ensurePartitions(database.appPool, partitionMonthsAhead + 1)).toHaveLength(2)
    const from = idFloor(monthStart(30))
    const to = idFloor(monthStart(31))
    const inPlace = `set local lock_timeout = 50; create table holdfast.planted partition of holdfast.booking for values
         from ('${from}') to ('${to}')`
    await expect(database.ownerPool.query(inPlace)).rejects.toMatchObject({ code: '55P03' })
  } finally {
    await writing.release()
  }
})

test.for([-1, 25, null])('%s months ahead are refused', async (months, { database }) => {
  await expect(database.appPool.query('select holdfast.ensure_partitions($1)', [months])).rejects.toMatchObject({
    code: '22023',
  })
})

test('a detached partition that still exists is not overwritten', async ({ database }) => {
  const name = expectedPartitions('booking', 0)[0]?.name
  await database.ownerPool.query(`alter table holdfast.booking detach partition holdfast.${name}`)
  await expect(ensurePartitions(database.appPool)).rejects.toMatchObject({ code: '42P07' })
})
