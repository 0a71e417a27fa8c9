import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * Locks a clinic until the transaction ends. It serializes changes of its members, two of whom could otherwise remove
 * each other at the same time, and what is added to it up to a limit.
 *
 * @returns its id
 */
export async function lockClinic(transaction: pg.PoolClient, clinicNo: number): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    sql`select id from holdfast.clinic where no = ${clinicNo} for no key update`,
  )
  if (rows[0] === undefined) throw new Error(`There is no clinic number ${clinicNo}.`)
  return rows[0].id
}
