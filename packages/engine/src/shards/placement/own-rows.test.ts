import { randomUUID } from 'node:crypto'
import { aClinic, type BuiltClinic, type TestDatabase } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect } from 'vitest'
import { newId } from '../../model/id.ts'
import { writeShardSchema } from '../schema/write-shard-schema.ts'
import { tablesOfKind } from '../tables/table-kinds.ts'
import { beginLog, copyOwnRows, deleteCopiedRows } from './own-rows.ts'

/** Two shards over the tables of a plain database, which divide the hashes as two shards of Citus do. */
const shards = [
  { schema: 'holdfast_low', range: { hashMin: '-2147483648', hashMax: '-1' } },
  { schema: 'holdfast_high', range: { hashMin: '0', hashMax: '2147483647' } },
] as const

const test = base
  .extend('client', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    for (const { schema } of shards) await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
    const client = new pg.Client({ connectionString: database.ownerUrl })
    await client.connect()
    onCleanup(() => client.end())
    return client
  })
  .extend('source', { scope: 'file' }, async ({ database, client: _ }, { onCleanup }) => {
    const source = new pg.Client({ connectionString: database.ownerUrl })
    await source.connect()
    onCleanup(() => source.end())
    return source
  })

/** A clinic of each shard. */
async function twoClinics(database: TestDatabase): Promise<[low: BuiltClinic, high: BuiltClinic]> {
  const clinics: BuiltClinic[] = []
  const ofShard: (BuiltClinic | undefined)[] = []
  while (ofShard[0] === undefined || ofShard[1] === undefined) {
    const clinic = await aClinic(database)
    clinics.push(clinic)
    const { rows } = await database.ownerPool.query('select hashint4($1) >= 0 as "isHigh"', [clinic.no])
    ofShard[rows[0].isHigh ? 1 : 0] = clinic
  }
  return [ofShard[0], ofShard[1]]
}

/** Rows of clinics and of accounts, and the shards that have to get them, by a text in them. */
async function fill({ ownerPool }: TestDatabase, [low, high]: [BuiltClinic, BuiltClinic]): Promise<void> {
  await ownerPool.query(`
    insert into holdfast.specialization (name) values ('everywhere');
    insert into holdfast.log_epoch (no, server, starts_at) values (1, 'everywhere', '3');
    insert into holdfast.log_receiver (name, epoch, xid, seq) values ('everywhere', 1, '3', 0);
    insert into holdfast.archived_month
      (month, state, slots, bookings, events, manage_tokens, checksum, file_name, archived_at)
      values ('2020-01-01', 'archived', 0, 0, 0, 0, sha256(''), 'everywhere', now())`)
  const mail = (kind: string, bookingId: string | null) =>
    ownerPool.query(
      `insert into holdfast.account_mail (id, kind, is_request, sealed, booking_id, expires_at)
       values ($1, $2, false, '', $3, now())`,
      [randomUUID(), kind, bookingId],
    )
  await mail('low', newId(low.no))
  await mail('high', newId(high.no))
  await mail('coordinator', null)
  const feed = (kind: string, id: string, account: string, language: string) =>
    ownerPool.query(
      `insert into holdfast.calendar_feed (subject_id, kind, token_hash, created_by, language)
       values ($1::uuid, $2, sha256(convert_to($1::text, 'UTF8')), $3, $4)`,
      [id, kind, account, language],
    )
  const account = randomUUID()
  await feed('doctor', newId(low.no), account, 'de')
  await feed('clinic', high.id, account, 'ar')
  await feed('account', account, account, 'en')
  const answer = (name: string, rest: object, ids: string[] | null) =>
    ownerPool.query('insert into holdfast.answer (key, request_hash, body, ids) values ($1, $1, $2, $3)', [
      randomUUID(),
      JSON.stringify({ name, ...rest }),
      ids,
    ])
  await answer('low', {}, [newId(low.no)])
  await answer('high, by a text in it', { inner: [{ doctorId: newId(high.no) }] }, [])
  await answer('high, stored by a former release', { id: newId(high.no) }, null)
  await answer('both', {}, [newId(low.no), newId(high.no)])
  await answer('coordinator', { id: account }, [])
}

/** Something of each row of the own tables in a schema. */
async function namesIn(client: pg.Client, schema: string): Promise<Record<string, string[]>> {
  const columns: Record<string, string> = {
    account_mail: 'kind',
    answer: "body->>'name'",
    archived_month: 'file_name',
    calendar_feed: 'language',
    log_epoch: 'server',
    log_receiver: 'name',
    specialization: 'name',
  }
  const found: Record<string, string[]> = {}
  for (const table of tablesOfKind('own')) {
    const where = table === 'log_epoch' ? 'where no = 1' : ''
    const { rows } = await client.query<{ name: string }>(
      `select ${columns[table]} as name from ${schema}.${table} ${where} order by 1`,
    )
    found[table] = rows.map(({ name }) => name)
  }
  return found
}

const everywhere = {
  archived_month: ['everywhere'],
  log_epoch: ['everywhere'],
  log_receiver: ['everywhere'],
  specialization: ['everywhere'],
}
const expected = {
  holdfast_low: { ...everywhere, account_mail: ['low'], answer: ['both', 'low'], calendar_feed: ['de'] },
  holdfast_high: {
    ...everywhere,
    account_mail: ['high'],
    answer: ['both', 'high, by a text in it', 'high, stored by a former release'],
    calendar_feed: ['ar'],
  },
}

/** What is in `holdfast` when it has been distributed, and a transaction in which a test copies it. */
const filledTest = test.extend('filled', { scope: 'file' }, async ({ database, client: _ }) => {
  await fill(database, await twoClinics(database))
  return { sourceSchema: 'holdfast', hasRest: false }
})

async function undone(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
  } finally {
    await client.query('rollback')
  }
}

filledTest('each shard gets the rows of its clinics, and those of all shards', async ({ filled, client, source }) => {
  for (const shard of shards) {
    await undone(client, async () => {
      const count = await copyOwnRows({ ...shard, ...filled, target: client, source })
      expect(count).toBe(Object.values(expected[shard.schema]).flat().length)
      expect(await namesIn(client, shard.schema)).toEqual(expected[shard.schema])
      await beginLog(client, shard.schema)
      const { rows } = await client.query(`select max(no) > 1 as "hasBegun" from ${shard.schema}.log_epoch`)
      expect(rows).toEqual([{ hasBegun: true }])
    })
  }
})

filledTest('then only rows of accounts stay on the coordinator', async ({ filled: _, client }) => {
  await undone(client, async () => {
    await deleteCopiedRows(client)
    expect(await namesIn(client, 'holdfast')).toEqual({
      account_mail: ['coordinator'],
      answer: ['coordinator'],
      archived_month: [],
      calendar_feed: ['en'],
      log_epoch: [],
      log_receiver: [],
      specialization: [],
    })
  })
})

filledTest(
  'of a split shard, each part gets the rows of its clinics, and one the rest',
  async ({ filled, client, source }) => {
    const [low, high] = shards
    const parts = { ...filled, target: client, source }
    await undone(client, async () => {
      await copyOwnRows({ ...parts, ...low, hasRest: true })
      await copyOwnRows({ ...parts, ...high })
      expect(await namesIn(client, high.schema)).toEqual(expected[high.schema])
      expect(await namesIn(client, low.schema)).toEqual({
        ...everywhere,
        account_mail: ['coordinator', 'low'],
        answer: ['both', 'coordinator', 'low'],
        calendar_feed: ['de', 'en'],
      })
    })
  },
)

filledTest.for(tablesOfKind('own'))(
  'negative control: %s is missed when it is left out',
  async (left, { filled, client, source }) => {
    const [, high] = shards
    const tables = tablesOfKind('own').filter((table) => table !== left)
    await undone(client, async () => {
      await copyOwnRows({ ...high, ...filled, target: client, source, tables })
      expect(await namesIn(client, high.schema)).toEqual({ ...expected[high.schema], [left]: [] })
    })
  },
)

test('no statistics are collected of what patients wrote', async ({ client }) => {
  const { rows } = await client.query(
    `select attname as name from pg_attribute
      where attrelid = 'holdfast_low.answer'::regclass and attstattarget = 0 and attnum > 0 order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(['body', 'ids', 'request_hash'])
})
