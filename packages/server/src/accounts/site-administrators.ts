import {
  copySiteAdministrators,
  createAuditLog,
  expectedShard,
  inTransaction,
  isDatabaseUnusable,
  openShardPool,
} from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import type { Config } from '../config/config.ts'
import { ownerUrlOf } from '../config/owner-url.ts'
import type { ShardSettings } from '../config/shard-settings.ts'
import type { Accounts, CreateAccountOutcome, NewAccount } from './accounts.ts'
import { accountsPool } from './accounts-schema.ts'

/** The owner's URL of the database with the accounts, and of the others (HOLDFAST_SHARDS). */
export type Owner = { url: string; shards: Config['shards'] }

/** What makes a site administrator: the first start, or a command of the operator. */
type GrantedBy = 'system' | 'command'

/**
 * Creates an account that is a site administrator, with its entry in the security log: all of it, or nothing.
 *
 * @param beforeCommit shows the password: nobody can sign in with one that was lost after the commit
 */
export function createSiteAdministrator(
  accounts: Pick<Accounts, 'createAccount'>,
  account: NewAccount,
  by: { owner: Owner; kind: GrantedBy; beforeCommit?: () => void },
): Promise<CreateAccountOutcome> {
  return asOwner(by.owner, (pool) =>
    accounts.createAccount(account, {
      pool,
      async write(transaction, { id }) {
        await grant(transaction, id, by.kind, 'created')
        by.beforeCommit?.()
      },
    }),
  )
}

/** Makes an account that exists a site administrator, with its entry in the security log. Idempotent. */
export function promoteToSiteAdministrator(owner: Owner, accountId: string): Promise<void> {
  return asOwner(owner, (pool) =>
    inTransaction(pool, (transaction) => grant(transaction, accountId, 'command', 'promoted')),
  )
}

/** A running server notices within seconds. */
async function grant(
  transaction: PoolClient,
  accountId: string,
  actorKind: GrantedBy,
  detail: 'created' | 'promoted',
): Promise<void> {
  await transaction.query(
    sql`insert into holdfast.site_administrator (account_id) values (${accountId}) on conflict do nothing`,
  )
  const event = { kind: 'site_administrator_granted', clinicNo: null, actorKind, actorId: null, network: null } as const
  await createAuditLog(transaction).append([{ ...event, subjectId: accountId, details: [detail], count: 1, ageMs: 0 }])
}

/**
 * Only the schema's owner may: the application's role cannot, so nobody who gets hold of that role's connection can.
 */
async function asOwner<Result>({ url, shards }: Owner, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const pool = accountsPool(url, 1, 'holdfast site administrator')
  try {
    const result = await work(pool)
    for (const shard of shards ?? []) await copyTo(shard, pool)
    return result
  } finally {
    await pool.end()
  }
}

/** A shard that cannot be used now gets them when a server next prepares it. */
async function copyTo(settings: ShardSettings, directory: Pool): Promise<void> {
  const name = `holdfast site administrator ${settings.name}`
  const shard = openShardPool(await expectedShard(directory, settings.name), {
    url: ownerUrlOf(settings),
    max: 1,
    name,
  })
  try {
    await copySiteAdministrators(directory, shard)
  } catch (error) {
    if (!isDatabaseUnusable(error)) throw error
  } finally {
    await shard.end()
  }
}
