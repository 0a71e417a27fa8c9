import pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { ExternalId } from '../model/external-id.ts'

/** Something else of its kind has one of these ids of other systems. Nothing was written. */
export class ExternalIdTaken extends Error {
  constructor(options: { cause: unknown }) {
    super('Something else of this kind has one of these external ids.', options)
  }
}

/** @throws ExternalIdTaken instead of what the unique indexes of external_id threw, which judge of two writers */
export function throwIfTaken(error: unknown): never {
  const isTaken = error instanceof pg.DatabaseError && error.code === '23505' && error.table === 'external_id'
  throw isTaken ? new ExternalIdTaken({ cause: error }) : error
}

/**
 * Locks these external ids of clinics until the transaction ends, in one order, so that no two clinics get the same.
 * Only clinics of this database are known: a unique index could not tell more, and would refuse those that are moved
 * here.
 *
 * @param clinicId who may have them; null: a new clinic
 * @throws ExternalIdTaken
 */
export async function lockClinicIds(
  transaction: pg.PoolClient,
  clinicId: string | null,
  externalIds: readonly ExternalId[],
): Promise<void> {
  await transaction.query(sql`
    select pg_advisory_xact_lock(hashtextextended('holdfast.external_id clinic ' || q.id, 0))
      from (select i.system || '|' || i.value as id
              from jsonb_to_recordset(${externalIdsValue(externalIds)}::jsonb) i(system text, value text)
             order by 1) q`)
  const { rows } = await transaction.query(sql`
    select from jsonb_to_recordset(${externalIdsValue(externalIds)}::jsonb) i(system text, value text)
      join holdfast.external_id e on e.kind = 'clinic' and e.system = i.system and e.value = i.value
     where e.of_id is distinct from ${clinicId}::uuid`)
  if (rows.length > 0) throw new ExternalIdTaken({ cause: null })
}

/** The value of a column external_ids; undefined: it is not set. */
export function externalIdsValue(externalIds: readonly ExternalId[] | undefined): string | undefined {
  return externalIds === undefined ? undefined : JSON.stringify(externalIds)
}

/** The condition that the row with this id and clinic has an id of another system. `kind`: as in external_id. */
export function hasExternalId(kind: 'clinic' | 'doctor', row: Sql, { system, value }: ExternalId): Sql {
  return sql`${row}.id in (select e.of_id from holdfast.external_id e
    where e.kind = ${kind} and e.system = ${system} and e.value = ${value})`
}
