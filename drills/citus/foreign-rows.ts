import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { tablesOfKind } from '@holdfast/engine/table-kinds'
import type { BuiltSlot } from '@holdfast/testkit'
import pg from 'pg'
import type { OpenShards } from './citus-shards.ts'

type Shard = ReturnType<OpenShards['open']>

/** Rows of clinics of other shards: one for each table of each shard, and a row that is given to another clinic. */
export async function writeForeignRows(
  shards: OpenShards,
  slots: readonly BuiltSlot[],
): Promise<{ tried: number; refused: number }> {
  const total = { tried: 0, refused: 0 }
  for (const shard of shards.all()) {
    const clinicNo = foreignClinicNo(shards, shard, slots)
    for (const table of tablesOfKind('distributed')) {
      const columns = columnsOf(table, clinicNo)
      const names = Object.keys(columns)
      const values = names.map((_, index) => `$${index + 1}`)
      const statement = `insert into holdfast.${table} (${names.join(', ')}) values (${values.join(', ')})`
      total.tried += 1
      total.refused += (await isRefused(shard, statement, Object.values(columns))) ? 1 : 0
    }
    total.tried += 1
    total.refused += (await isRefused(shard, 'update holdfast.resource set clinic_no = $1', [clinicNo])) ? 1 : 0
  }
  return total
}

/** Negative control: how many shards store such a row when nothing guards them. */
export async function foreignRowsTaken(shards: OpenShards, slots: readonly BuiltSlot[]): Promise<number> {
  let taken = 0
  for (const shard of shards.all()) {
    const { rowCount } = await shard.pool.query(
      `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, subject_id, details)
       values ($1, now(), 'drill', 1, 'system', $2, '{}')`,
      [foreignClinicNo(shards, shard, slots), randomUUID()],
    )
    taken += rowCount ?? 0
  }
  return taken
}

function foreignClinicNo(shards: OpenShards, shard: Shard, slots: readonly BuiltSlot[]): number {
  const slot = slots.find(({ clinicNo }) => shards.open(clinicNo).schema !== shard.schema)
  if (slot === undefined) throw new Error('All clinics are in one shard.')
  return slot.clinicNo
}

/** The clinic, and what the row's partition is found by. The guard comes before all other checks. */
function columnsOf(table: string, clinicNo: number): Record<string, number | string> {
  if (table === 'clinic') return { no: clinicNo }
  if (table === 'booking') return { clinic_no: clinicNo, id: newId(clinicNo) }
  if (table === 'booking_event') return { clinic_no: clinicNo, booking_id: newId(clinicNo) }
  return { clinic_no: clinicNo }
}

async function isRefused({ pool }: Shard, statement: string, values: readonly unknown[]): Promise<boolean> {
  try {
    await pool.query(statement, [...values])
    return false
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === 'HF018'
  }
}
