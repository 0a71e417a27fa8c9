import type pg from 'pg'
import sql, { raw } from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { generatedSetting } from '../database/server-secrets.ts'
import {
  checkMark,
  directoryNo,
  installationSetting,
  otherDatabase,
  readMark,
  type ShardMark,
  ShardRefused,
  shardSetting,
} from '../database/shard-mark.ts'
import { expectedShard, missingShards, refuseShardAsDirectory, registeredShardNo } from './registered-shards.ts'

const shardsMax = 99

/** Whether the database is a shard, and no directory. @param database as the owner */
export async function isShard(database: pg.Pool): Promise<boolean> {
  const mark = await readMark(database)
  return mark !== null && mark.no !== directoryNo
}

/**
 * Refuses a database that {@link registerShard} would refuse, and changes nothing.
 *
 * @param directory as the owner, migrated
 * @param shard as the owner; it may be empty
 * @throws ShardRefused
 */
export async function refuseOtherShard(directory: pg.Pool, shard: pg.Pool, name: string): Promise<void> {
  const own = await readMark(directory)
  refuseShardAsDirectory(own)
  if ((await placeOf(directory)) === (await placeOf(shard))) {
    throw new ShardRefused(`the URL of ${name} in HOLDFAST_SHARDS leads to the database of DATABASE_URL`)
  }
  const found = await readMark(shard)
  const expected = await expectedShard(directory, name)
  const { mark } = expected
  if (found !== null && mark !== null) return checkMark(shard, expected)
  if (found !== null) {
    // The directory was restored to a time before this database was registered.
    const isForgotten = found.installation === own?.installation && !(await isRegistered(directory, found.no))
    if (isForgotten && found.no !== directoryNo) return
    throw otherDatabase(expected, found)
  }
  const content = await contentOf(shard)
  if (content !== null) {
    throw new ShardRefused(
      `the database ${name} of HOLDFAST_SHARDS has ${content}, and is of no installation: a new one has to be empty`,
    )
  }
  // It was registered by a start that was interrupted, or its URL is wrong.
  const noted = (await missingShards(directory, [])).find((missing) => missing.name === name)?.clinics ?? 0
  if (noted > 0) throw otherDatabase(expected, found)
}

/**
 * Makes a database a shard of an installation, and brings the directory and the shard into agreement: the directory
 * notes its own clinics and those of the shard, and the roles there; the shard gets the site administrators.
 * Idempotent, and safe in several processes at the same time.
 *
 * @param directory as the owner, migrated
 * @param shard as the owner, migrated
 * @returns the number of the shard
 * @throws ShardRefused if the shard is another one, is part of another installation, is a directory, or is new and not
 *   empty; or if there are 99
 */
export async function registerShard(directory: pg.Pool, shard: pg.Pool, name: string): Promise<number> {
  await refuseOtherShard(directory, shard, name)
  const no = await registeredNo(directory, name, await readMark(shard))
  await markShard(directory, shard, { name, no })
  await noteClinics(directory, directory, directoryNo)
  await noteClinics(directory, shard, no)
  await noteRoles(directory, directory)
  await noteRoles(directory, shard)
  await copySiteAdministrators(directory, shard)
  return no
}

/**
 * Which database a connection leads to. The directory has no mark yet when its first shard is registered. The server's
 * identifier would not do: servers that were created as copies of one have the same.
 */
async function placeOf(database: pg.Pool): Promise<string | undefined> {
  const { rows } = await database.query<{ place: string }>(
    sql`select concat_ws(' ', pg_postmaster_start_time(), current_database()) as place`,
  )
  return rows[0]?.place
}

async function isRegistered(directory: pg.Pool, no: number): Promise<boolean> {
  const { rowCount } = await directory.query(sql`select from holdfast.shard where no = ${no}`)
  return rowCount === 1
}

/** What a new shard does not have. The accounts' schema is created by the server. */
const contents = [
  { table: 'holdfast.clinic', named: 'clinics' },
  { table: 'holdfast.site_administrator', named: 'site administrators' },
  { table: 'auth.user', named: 'accounts' },
]

/** What another installation has in a database; null: nothing. @param shard may be empty */
async function contentOf(shard: pg.Pool): Promise<string | null> {
  for (const { table, named } of contents) {
    const { rows } = await shard.query<{ isThere: boolean }>(sql`select to_regclass(${table}) is not null as "isThere"`)
    if (rows[0]?.isThere !== true) continue
    if ((await shard.query(sql`select from ${raw(table)} limit 1`)).rowCount === 1) return named
  }
  return null
}

/** A directory that was restored to an earlier time gives a shard the number that it has. */
async function registeredNo(directory: pg.Pool, name: string, mark: ShardMark | null): Promise<number> {
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
  const installation = await generatedSetting(directory, installationSetting)
  await inTransaction(shard, async (transaction) => {
    // Another installation may register it at the same time.
    await transaction.query('lock table holdfast.setting in share row exclusive mode')
    if ((await readMark(transaction)) === null) {
      await transaction.query(
        sql`insert into holdfast.setting (name, value) values (${shardSetting}, ${`${installation} ${no}`})`,
      )
    }
    await checkMark(transaction, { name, mark: { installation, no } })
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
