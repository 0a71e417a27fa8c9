import { randomUUID } from 'node:crypto'
import { accountPeopleMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { AccountPeople, AccountPerson } from '../model/account-person.ts'
import { runOnce } from '../stored-responses/run-once.ts'

type NewPerson = Parameters<AccountPeople['create']>[1]

const missing = { kind: 'person_missing' } as const
const columns: Sql = sql`p.id, p.name, p.birth_date::text as "birthDate", p.relation`

/**
 * The people whom the owners of accounts book for, with the application's role.
 *
 * @param pool of the server that has what belongs to accounts
 */
export function createAccountPeople(pool: pg.Pool): AccountPeople {
  return {
    async list(accountId) {
      const { rows } = await pool.query<AccountPerson>(sql`
        select ${columns} from holdfast.account_person p
         where p.account_id = ${accountId} order by p.created_at, p.id`)
      return rows
    },

    create: (accountId, person, writeKey) =>
      inTransaction(pool, async (transaction) => {
        const write = () => insert(transaction, accountId, person)
        // Only the id is stored, and no copy of the person.
        const result = await runOnce(transaction, { writeKey, clinicNo: null }, write, (id) => id !== null)
        if (result.kind === 'key_reused') return result
        if (result.value === null) return { kind: 'too_many_people', max: accountPeopleMax }
        const { rows } = await transaction.query<AccountPerson>(sql`
          select ${columns} from holdfast.account_person p
           where p.account_id = ${accountId} and p.id = ${result.value}`)
        return rows[0] === undefined ? missing : { kind: result.kind, person: rows[0] }
      }),

    async change(accountId, id, { name, birthDate, relation }) {
      const { rows } = await pool.query<AccountPerson>(sql`
        with p as (
          update holdfast.account_person
             set name = coalesce(${name ?? null}, name),
                 birth_date = case when ${birthDate === undefined}::boolean then birth_date
                                   else ${birthDate ?? null}::date end,
                 relation = case when ${relation === undefined}::boolean then relation else ${relation ?? null} end
           where account_id = ${accountId} and id = ${id}
          returning *)
        select ${columns} from p`)
      return rows[0] === undefined ? missing : { kind: 'done', person: rows[0] }
    },

    async remove(accountId, id) {
      const { rowCount } = await pool.query(sql`
        delete from holdfast.account_person where account_id = ${accountId} and id = ${id}`)
      return rowCount === 0 ? missing : { kind: 'done' }
    },
  }
}

/** @returns its id; null: the account has as many people as it may have */
async function insert(
  transaction: pg.PoolClient,
  accountId: string,
  { name, birthDate, relation }: NewPerson,
): Promise<string | null> {
  const id = randomUUID()
  // Those who are counted and those who are added are of one transaction at a time. The account is in another schema.
  await transaction.query(
    sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.account_person ${accountId}`}, 0))`,
  )
  const { rowCount } = await transaction.query(sql`
    insert into holdfast.account_person (account_id, id, name, birth_date, relation)
    select ${accountId}, ${id}, ${name}, ${birthDate}, ${relation}
     where (select count(*) from holdfast.account_person where account_id = ${accountId}) < ${accountPeopleMax}`)
  return rowCount === 0 ? null : id
}
