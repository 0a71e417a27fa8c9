import { createHash, randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aMember,
  aSlot,
  aWaitlistEntry,
  type BuiltClinic,
  createTestDatabase,
  type TestDatabase,
} from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import pg from 'pg'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { createEngine } from './create-engine.ts'
import { copyRows } from './database/copy-rows.ts'
import type { ShardPools } from './database/shard-pools.ts'
import type { NewAuditEvent } from './model/audit-event.ts'
import type { DoctorsQuery } from './model/doctor.ts'
import type { Page } from './model/page.ts'

type Engine = ReturnType<typeof createEngine>
type Scene = {
  /** The engine of the directory. */
  engine: Engine
  /** The same clinics in one plain database. */
  plain: Engine
  directory: TestDatabase
  shards: { database: TestDatabase; clinic: BuiltClinic }[]
  accountId: string
}

const copied = [
  'clinic',
  'resource',
  'slot',
  'booking',
  'booking_event',
  'membership',
  'waitlist_entry',
  'audit_event',
] as const
const names = ['Ab', 'aB', 'Äa', 'ab', 'Zz', '_x', 'Ab']
const hour = 3_600_000
const tomorrow = new Date(Math.ceil(Date.now() / hour) * hour + 24 * hour)

/** A directory without clinics, two databases with some, and a fourth with the rows of both. */
const test = base.extend('scene', { scope: 'file' }, async ({ database: plain }, { onCleanup }): Promise<Scene> => {
  const others = [await createTestDatabase(), await createTestDatabase(), await createTestDatabase()]
  onCleanup(async () => {
    for (const other of others) await other.drop()
  })
  const [directory, ...databases] = others
  if (directory === undefined) throw new Error('There is no directory.')
  const accountId = randomUUID()
  const shards: Scene['shards'] = []
  for (const [index, database] of databases.entries()) {
    await database.ownerPool.query("select setval('holdfast.clinic_no_seq', $1)", [index + 1])
    shards.push({ database, clinic: await fillShard(database, index, accountId) })
    await copyShard(database, plain)
  }
  const pools = new Map(shards.map(({ database, clinic }) => [clinic.no, database.appPool]))
  const [first = directory.appPool] = pools.values()
  const all = [directory.appPool, ...pools.values()]
  const overShards: ShardPools = { all: () => all, of: (clinicNo) => pools.get(clinicNo) ?? first }
  const poolsOf = ({ appPool }: TestDatabase) => ({ batchPool: appPool, generalPool: appPool })
  return {
    engine: createEngine({ ...poolsOf(directory), shards: overShards }),
    plain: createEngine(poolsOf(plain)),
    directory,
    shards,
    accountId,
  }
})

async function fillShard(database: TestDatabase, index: number, accountId: string): Promise<BuiltClinic> {
  const clinic = await aClinic(database)
  for (const [n, name] of names.entries()) {
    const specialization = ['Cardiology', index === 0 ? 'Urology' : 'Dermatology'][n % 2] ?? 'Cardiology'
    const doctor = await aDoctor(database, clinic, { name, specialization })
    if (n % 3 === 2) continue
    const slot = await aSlot(database, doctor, { startsAt: new Date(tomorrow.getTime() + (n % 2) * hour), capacity: 2 })
    await aBooking(database, slot, { accountId })
    if (n % 2 === 0) await aWaitlistEntry(database, doctor, { accountId })
  }
  await aMember(database, clinic, { role: 'admin', accountId })
  // Those of the two databases take turns.
  await database.ownerPool.query(sql`
    insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, details)
    select b.clinic_no,
           timestamptz '2026-01-01' + (2 * row_number() over (order by b.id) + ${index}) * interval '1 hour',
           'booking_read', 1, 'account', ${randomUUID()}, b.id, '{}'
      from holdfast.booking b where b.account_id = ${accountId}`)
  return clinic
}

async function copyShard(from: TestDatabase, to: TestDatabase): Promise<void> {
  const [source, target] = [from, to].map(({ ownerUrl }) => new pg.Client({ connectionString: ownerUrl }))
  if (source === undefined || target === undefined) throw new Error('There is nothing to copy.')
  await Promise.all([source.connect(), target.connect()])
  try {
    await target.query('set session_replication_role = replica')
    for (const table of copied) {
      await copyRows(source, target, { select: `select * from holdfast.${table}`, into: `holdfast.${table}` })
    }
    const { rows } = await source.query<{ name: string }>('select name from holdfast.specialization')
    for (const { name } of rows) {
      await target.query('insert into holdfast.specialization (name) values ($1) on conflict do nothing', [name])
    }
  } finally {
    await Promise.all([source.end(), target.end()])
  }
}

async function walked<Item>(read: (cursor: string | null) => Promise<Page<Item>>): Promise<Item[]> {
  const found: Item[] = []
  let cursor: string | null = null
  do {
    const { items, nextCursor }: Page<Item> = await read(cursor)
    found.push(...items)
    cursor = nextCursor
  } while (cursor !== null)
  return found
}

const query: Omit<DoctorsQuery, 'limit' | 'cursor'> = {
  clinicId: null,
  specialization: null,
  q: null,
  appointmentType: null,
  includeInactive: false,
  sort: 'name',
}

describe('over two shards, what is read is what one database with the same rows says', () => {
  test('clinics by name', async ({ scene: { engine, plain } }) => {
    for (const limit of [1, 10]) {
      const read = ({ directory }: Engine) => walked((cursor) => directory.clinics({ q: null, limit, cursor }))
      const clinics = await read(engine)
      expect(clinics).toHaveLength(2)
      expect(clinics).toEqual(await read(plain))
      for (const clinic of clinics) expect(await engine.directory.clinic(clinic.id)).toEqual(clinic)
    }
  })

  const searches: [string, Partial<DoctorsQuery>, number][] = [
    ['doctors by name', {}, 14],
    ['doctors by their next time', { sort: 'soonest' }, 14],
    ['doctors of a specialization of one shard', { specialization: 'skin doctor' }, 3],
    ['doctors, searched for', { q: 'heart' }, 8],
    ['doctors whom only a corrected search finds', { q: 'urolgy', sort: 'soonest' }, 3],
    ['doctors of nobody', { q: 'xyz' }, 0],
  ]
  test.for(searches)('%s', async ([_, search, count], { scene: { engine, plain } }) => {
    for (const limit of [1, 3, 100]) {
      const read = ({ directory }: Engine) =>
        walked((cursor) => directory.doctors({ ...query, ...search, limit, cursor }))
      const doctors = await read(engine)
      expect(doctors).toHaveLength(count)
      expect(doctors).toEqual(await read(plain))
    }
  })

  test('a clinic’s doctors, and one doctor, by their ids', async ({ scene: { engine, plain, shards } }) => {
    for (const { clinic } of shards) {
      const read = ({ directory }: Engine) =>
        directory.doctors({ ...query, clinicId: clinic.id, limit: 100, cursor: null })
      const { items } = await read(engine)
      expect(items).toHaveLength(7)
      expect(items).toEqual((await read(plain)).items)
      expect(await engine.directory.doctor(items[0]?.id ?? '')).toEqual(items[0])
    }
  })

  test('specializations, with the doctors of all shards', async ({ scene: { engine, plain } }) => {
    const found = await engine.directory.specializations()
    expect(found.map(({ name, doctors }) => [name, doctors])).toEqual([
      ['Cardiology', 8],
      ['Dermatology', 3],
      ['Urology', 3],
    ])
    expect(found).toEqual(await plain.directory.specializations())
  })

  test('an account’s bookings and entries of waitlists', async ({ scene: { engine, plain, accountId } }) => {
    for (const limit of [1, 3, 100]) {
      const read = ({ reads }: Engine) =>
        walked((cursor) => reads.bookingsOfAccount({ accountId, status: null, from: null, to: null, limit, cursor }))
      const bookings = await read(engine)
      expect(new Set(bookings.map(({ clinicNo }) => clinicNo)).size).toBe(2)
      expect(bookings).toEqual(await read(plain))
    }
    const entries = await engine.waitlist.entriesOfAccount(accountId)
    expect(entries).toHaveLength(6)
    expect(entries).toEqual(await plain.waitlist.entriesOfAccount(accountId))
  })

  test('who has seen what an account has', async ({ scene: { engine, plain, accountId } }) => {
    for (const limit of [1, 3, 100]) {
      const read = ({ personalData }: Engine) => walked((cursor) => personalData.viewsOf({ accountId, limit, cursor }))
      const views = await read(engine)
      expect(new Set(views.map(({ clinicId }) => clinicId)).size).toBe(2)
      expect(views).toHaveLength(10)
      expect(views).toEqual(await read(plain))
    }
  })

  test('the count of bookings, also when it is repeated', async ({ scene: { engine, plain } }) => {
    const { bookings } = await plain.reads.proof()
    expect(bookings).toBe(10)
    for (const _ of [1, 2]) expect(await engine.reads.proof()).toMatchObject({ bookings, overbooked: 0 })
  })
})

const hashOf = (text: string) => createHash('sha256').update(text).digest()

test('feeds are found by their secrets: an account’s on the directory, a clinic’s with it', async ({ scene }) => {
  const { engine, directory, shards, accountId } = scene
  const mine = { kind: 'account', id: accountId } as const
  const created = { accountId, language: 'en', createdAt: new Date(), hasSecondFactor: false } as const
  await engine.calendarFeeds.create({ ...mine, ...created, tokenHash: hashOf('mine') })
  for (const { database, clinic } of shards) {
    const ofShard = createEngine({ batchPool: database.appPool, generalPool: database.appPool }).calendarFeeds
    const feed = { kind: 'clinic', id: clinic.id, ...created } as const
    await ofShard.create({ ...feed, tokenHash: hashOf(clinic.id) })
    expect(await engine.calendarFeeds.open(hashOf(clinic.id))).toEqual(feed)
    expect(await ofShard.open(hashOf('mine'))).toBeNull()
  }
  expect(await engine.calendarFeeds.open(hashOf('mine'))).toEqual({ ...mine, ...created })
  expect(await engine.calendarFeeds.find(mine)).toEqual({ ...mine, ...created })
  expect(await engine.calendarFeeds.open(hashOf('nobody'))).toBeNull()
  const { rows } = await directory.ownerPool.query('select kind from holdfast.calendar_feed')
  expect(rows).toEqual([{ kind: 'account' }])
})

test('a security event belongs to its clinic, one of an account to all its clinics', async ({ scene }) => {
  const { engine, directory, shards, accountId } = scene
  const anEvent = (event: Partial<NewAuditEvent>): NewAuditEvent => ({
    kind: 'signed_in',
    clinicNo: null,
    actorKind: 'nobody',
    actorId: null,
    subjectId: null,
    network: null,
    details: [],
    count: 1,
    ageMs: 0,
    ...event,
  })
  const events = [
    anEvent({ actorKind: 'account', actorId: accountId }),
    anEvent({ clinicNo: shards[1]?.clinic.no ?? null }),
    anEvent({ actorKind: 'account', actorId: randomUUID() }),
    anEvent({ clinicNo: 0 }),
  ]
  const clinicNos = async () => (await engine.auditLog.byClinic(events)).map(({ clinicNo }) => clinicNo)
  const [first, second] = shards.map(({ clinic }) => clinic.no)
  // The control: a role that the directory does not know of is not found.
  expect(await clinicNos()).toEqual([0, second, 0, 0])
  await directory.ownerPool.query(sql`insert into holdfast.account_clinic (account_id, clinic_no)
      select ${accountId}, unnest(${[first, second]}::integer[])`)
  expect(await clinicNos()).toEqual([first, second, second, 0, 0])
})
