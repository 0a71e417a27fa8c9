import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { generatedSetting } from '../database/server-secrets.ts'
import { directoryNo } from './clinic-shards.ts'

/** A database that cannot be a shard of the installation. The message says why. */
export class ShardRefused extends Error {
  override name = 'ShardRefused'
}

/** The setting in `holdfast.setting` of the directory: the id of the installation. */
const installationSetting = 'installation'
/** The same of a shard: the id of its installation, and its number in it, with a space between. */
const shardSetting = 'shard'

const shardsMax = 99

/** The number of a shard that was registered before; null: it was not. @param directory as the owner or application */
export async function registeredShardNo(directory: pg.Pool | pg.PoolClient, name: string): Promise<number | null> {
  const { rows } = await directory.query<{ no: number }>(sql`select no from holdfast.shard where name = ${name}`)
  return rows[0]?.no ?? null
}

/** The names of the shards that have clinics. @param directory as the owner or application */
export async function shardsWithClinics(directory: pg.Pool): Promise<string[]> {
  const { rows } = await directory.query<{ name: string }>(sql`
    select name from holdfast.shard
     where exists (select from holdfast.clinic_shard where shard_no = shard.no) order by no`)
  return rows.map(({ name }) => name)
}

/** Whether the database is a shard, and no directory. @param database as the owner */
export async function isShard(database: pg.Pool): Promise<boolean> {
  const { rowCount } = await database.query(sql`select from holdfast.setting where name = ${shardSetting}`)
  return rowCount === 1
}

/**
 * Makes a database a shard of an installation, and brings the directory and the shard into agreement: the directory
 * notes its own clinics and those of the shard, and the roles there; the shard gets the site administrators.
 * Idempotent, and safe in several processes at the same time.
 *
 * @param directory as the owner, migrated
 * @param shard as the owner, migrated
 * @returns the number of the shard
 * @throws ShardRefused if the shard is part of another installation, is a directory, or has clinics although it is new;
 *   or if there are 99
 */
export async function registerShard(directory: pg.Pool, shard: pg.Pool, name: string): Promise<number> {
  if (await isShard(directory)) {
    throw new ShardRefused('DATABASE_URL is a shard of another installation. It has to be the URL of its directory.')
  }
  const no = await registeredNo(directory, name, await markOf(shard))
  await markShard(directory, shard, { name, no })
  await noteClinics(directory, directory, directoryNo)
  await noteClinics(directory, shard, no)
  await noteRoles(directory, directory)
  await noteRoles(directory, shard)
  await copySiteAdministrators(directory, shard)
  return no
}

/** What a shard knows of itself. null: it is none. */
async function markOf(shard: pg.Pool): Promise<{ installation: string; no: number } | null> {
  const { rows } = await shard.query<{ installation: string; no: number }>(sql`
    select split_part(value, ' ', 1) as installation, split_part(value, ' ', 2)::integer as no
      from holdfast.setting where name = ${shardSetting}`)
  return rows[0] ?? null
}

/** A directory that was restored to an earlier time gives a shard the number that it has. */
async function registeredNo(
  directory: pg.Pool,
  name: string,
  mark: { installation: string; no: number } | null,
): Promise<number> {
  return inTransaction(directory, async (transaction) => {
    await transaction.query('lock table holdfast.shard in share row exclusive mode')
    const known = await registeredShardNo(transaction, name)
    if (known !== null) return known
    const { rows } = await transaction.query<{ highest: number | null; isMarked: boolean }>(sql`
      select max(no) as highest,
             exists (select from holdfast.setting where name = ${installationSetting} and value = ${mark?.installation})
               and not coalesce(bool_or(no = ${mark?.no}), false) as "isMarked"
        from holdfast.shard`)
    const [found] = rows
    const no = mark !== null && found?.isMarked === true ? mark.no : (found?.highest ?? 0) + 1
    if (no > shardsMax) throw new ShardRefused(`An installation has ${shardsMax} shards at most.`)
    await transaction.query(sql`insert into holdfast.shard (no, name) values (${no}, ${name})`)
    return no
  })
}

/** Writes into the shard which one it is, unless it knows it. */
async function markShard(directory: pg.Pool, shard: pg.Pool, { name, no }: { name: string; no: number }) {
  const mark = `${await generatedSetting(directory, installationSetting)} ${no}`
  await inTransaction(shard, async (transaction) => {
    await transaction.query('lock table holdfast.setting in share row exclusive mode')
    const { rows } = await transaction.query<{ mark: string | null; isDirectory: boolean; hasClinics: boolean }>(sql`
      select (select value from holdfast.setting where name = ${shardSetting}) as mark,
             exists (select from holdfast.setting where name = ${installationSetting}) as "isDirectory",
             exists (select from holdfast.clinic) as "hasClinics"`)
    const found = rows[0]
    if (found?.mark === mark) return
    if (found?.mark !== null) {
      throw new ShardRefused(`The database of the shard ${name} is another shard, or one of another installation.`)
    }
    if (found.isDirectory)
      throw new ShardRefused(`The database of the shard ${name} is the directory of an installation.`)
    if (found.hasClinics) throw new ShardRefused(`The database of the shard ${name} has clinics of its own.`)
    await transaction.query(sql`insert into holdfast.setting (name, value) values (${shardSetting}, ${mark})`)
  })
}

/**
 * Notes in the directory the clinics of a database that are not noted, such as those of a directory that had no shards,
 * or after the directory was restored to an earlier time. Those that are noted elsewhere are left to `settleClinics`.
 */
async function noteClinics(directory: pg.Pool, database: pg.Pool, no: number): Promise<void> {
  const { rows: clinics } = await database.query<{ no: number }>(sql`select no from holdfast.clinic`)
  const numbers = clinics.map((clinic) => clinic.no)
  await directory.query(sql`
    insert into holdfast.clinic_shard (clinic_no, shard_no)
    select clinic_no, ${no} from unnest(${numbers}::integer[]) clinic_no on conflict do nothing`)
  await directory.query(sql`
    select setval('holdfast.clinic_no_seq', highest.no)
      from (select max(no) as no from unnest(${numbers}::integer[]) no) highest
     where highest.no >= (select last_value + is_called::int from holdfast.clinic_no_seq)`)
}

/** Notes in the directory in which clinics of a database accounts have roles, where that is missing. */
async function noteRoles(directory: pg.Pool, database: pg.Pool): Promise<void> {
  const { rows } = await database.query<{ account_id: string; clinic_no: number }>(
    sql`select account_id, clinic_no from holdfast.membership`,
  )
  await directory.query(sql`
    insert into holdfast.account_clinic (account_id, clinic_no)
    select * from unnest(${rows.map((row) => row.account_id)}::uuid[], ${rows.map((row) => row.clinic_no)}::integer[])
    on conflict do nothing`)
}

/** A shard looks for its clinics' site administrators in its own table, in the transaction that uses their rights. */
export async function copySiteAdministrators(directory: pg.Pool, shard: pg.Pool): Promise<void> {
  await inTransaction(shard, async (transaction) => {
    // One copy after the other, each of what the directory has by then.
    await transaction.query('lock table holdfast.site_administrator in share row exclusive mode')
    const { rows } = await directory.query<{ account_id: string }>(
      sql`select account_id from holdfast.site_administrator`,
    )
    const ids = rows.map(({ account_id }) => account_id)
    await transaction.query(sql`delete from holdfast.site_administrator where account_id <> all (${ids}::uuid[])`)
    await transaction.query(sql`
      insert into holdfast.site_administrator (account_id) select * from unnest(${ids}::uuid[]) on conflict do nothing`)
  })
}
