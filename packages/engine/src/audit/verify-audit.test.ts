// Completeness: a change of the security log by hand is not found
import { randomUUID } from 'node:crypto'
import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { addEvents, anchor, daysAgo } from '../../test/audit-events.ts'
import type { AuditHead } from '../model/audit-event.ts'
import { purgeAuditEvents } from './purge-audit-events.ts'
import { sealAuditEvents } from './seal-audit-events.ts'
import { type AnchoredHead, type AuditReport, verifyAudit } from './verify-audit.ts'

const verifyAll = (database: TestDatabase, anchored: readonly AnchoredHead[] | null = null) =>
  verifyAudit([database.ownerPool], { anchored, since: daysAgo(40), months: 12 })

const found = ({ findings }: AuditReport) => findings.map(({ kind, no }) => [kind, no])

test('events are numbered in the order of their times for each clinic, and what is sealed verifies', async ({
  database,
}) => {
  const [one, other] = [await aClinic(database), await aClinic(database)]
  await addEvents(database, one.no, 3)
  await addEvents(database, other.no, 2)
  await addEvents(database, one.no, 2)
  const { rows } = await database.ownerPool.query(
    `select clinic_no as "clinicNo", no, at >= lag(at) over (partition by clinic_no order by no) as "isLater"
       from holdfast.audit_event where clinic_no in ($1, $2) order by clinic_no, no`,
    [one.no, other.no],
  )
  expect(rows.filter(({ clinicNo }) => clinicNo === one.no).map(({ no }) => no)).toEqual([1, 2, 3, 4, 5])
  expect(rows.filter(({ clinicNo }) => clinicNo === other.no).map(({ no }) => no)).toEqual([1, 2])
  const report = await verifyAll(database, await anchor(database))
  expect(report).toMatchObject({ chains: 2, events: 7, erased: 0, restored: [], findings: [] })
})

test('two processes that seal at once number each event once', async ({ database, clinic }) => {
  await database.ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now(), 'denied', 1, 'nobody', '{}' from generate_series(1, 2500)`,
    [clinic.no],
  )
  const sealed = await Promise.all(Array.from({ length: 4 }, () => sealAuditEvents(database.appPool)))
  expect(sealed.reduce((sum, count) => sum + count, 0)).toBe(2500)
  expect(await verifyAll(database)).toMatchObject({ events: 2500, findings: [] })
})

/** What somebody with the owner's rights does to the events 1 to 9 of a clinic, which were anchored at 9. */
const own = 'where clinic_no = $1 and epoch > 0'
type Tampering = [statements: string, expected: [kind: string, no: string]]
const changed = (change: string): Tampering => [
  `update holdfast.audit_event set ${change} ${own} and no = 4`,
  ['changed', '4'],
]
const tampering: Record<string, Tampering> = {
  'another actor': changed('actor_id = gen_random_uuid()'),
  'another subject': changed('subject_id = gen_random_uuid()'),
  'what a list showed': changed('subjects = array[gen_random_uuid()]'),
  'no subject': changed('subject_id = null'),
  'another network': changed(`network = '198.51.100.0/24'`),
  'another kind': changed(`kind = 'sign_in'`),
  'another time': changed(`at = at - interval '1 second'`),
  'a microsecond': changed(`at = at + interval '1 us'`),
  'another count': changed('count = 2'),
  'another detail': changed(`details[1] = 'search'`),
  'a detail removed': changed('details = details[2:]'),
  'a detail split': changed(`details = array['history', '4', 'a "quoted"', '{word}']`),
  'another actor kind': changed(`actor_kind = 'system', actor_id = null`),
  'another salt': changed(`salt = '\\x00'`),
  'another hash': changed(`hash = sha256('x')`),
  'a forged erasure': [
    `update holdfast.audit_event
        set erased = sha256('x'), salt = '', actor_id = null, subject_id = null, network = null ${own} and no = 4`,
    ['changed', '4'],
  ],
  'a true erasure without a record, and another person in its place': [
    `alter table holdfast.audit_event drop constraint audit_event_check2;
     update holdfast.audit_event e set erased = holdfast.audit_person(e), salt = '', actor_id = gen_random_uuid()
      where clinic_no = $1 and no = 4`,
    ['changed', '4'],
  ],
  'a true erasure without a record': [
    `update holdfast.audit_event e
        set erased = holdfast.audit_person(e), salt = '', actor_id = null, subject_id = null, network = null
      where clinic_no = $1 and no = 4`,
    ['changed', '-'],
  ],
  'the end is said to be anchored long ago, and is not': [
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     values ($1, now() - interval '1 hour', 'denied', 1, 'nobody', '{}');
     select holdfast.seal_audit_events(10);
     update holdfast.audit_chain set anchored_no = no, sealed_at = now() - interval '2 years' where clinic_no = $1`,
    ['unanchored', '10'],
  ],
  'nothing is anchored any more, and the log goes on': [
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now() - i.age, 'denied', 1, 'nobody', '{}'
       from unnest(array[interval '1 hour', interval '30 minutes', interval '0']) i(age);
     select holdfast.seal_audit_events(10)`,
    ['unanchored', '10'],
  ],
  'a forged purge of next year': [
    `with gone as (delete from holdfast.audit_event ${own})
     insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now() + interval '1 year', 'log_purged', 1, 'system', array[epoch::text, no::text, encode(hash, 'hex')]
       from holdfast.audit_chain where clinic_no = $1`,
    ['missing', '9'],
  ],
  'removed from the middle': [`delete from holdfast.audit_event ${own} and no = 4`, ['missing', '5']],
  'the first removed': [`delete from holdfast.audit_event ${own} and no = 1`, ['missing', '2']],
  'the last removed': [`delete from holdfast.audit_event ${own} and no = 9`, ['missing', '9']],
  'all removed': [`delete from holdfast.audit_event ${own}`, ['missing', '9']],
  'two exchanged': [
    `with numbers as (update holdfast.audit_event set no = -no ${own} and no in (4, 5) returning 1)
     select count(*) from numbers;
     update holdfast.audit_event set no = case no when -4 then 5 else 4 end ${own} and no < 0`,
    ['changed', '4'],
  ],
  'one added at the end': [
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details, epoch, no, salt, hash)
     select clinic_no, now(), kind, 1, 'system', '{}', epoch, 10, salt, sha256('x') from holdfast.audit_event ${own}
        and no = 9`,
    ['changed', '10'],
  ],
  'one moved to another clinic': [`update holdfast.audit_event set clinic_no = 0 ${own} and no = 4`, ['missing', '5']],
  'the last replaced, with its hash': [
    `update holdfast.audit_event set kind = 'sign_in' ${own} and no = 9;
     update holdfast.audit_event e set hash = holdfast.audit_hash(e, p.hash)
       from holdfast.audit_event p where e.clinic_no = $1 and e.no = 9 and p.clinic_no = $1 and p.no = 8;
     update holdfast.audit_chain c set hash = e.hash
       from holdfast.audit_event e where c.clinic_no = $1 and e.clinic_no = $1 and e.no = 9`,
    ['anchor_differs', '9'],
  ],
  'the end removed, and its note too': [
    `with gone as (delete from holdfast.audit_event ${own} and no > 6)
     update holdfast.audit_chain c set no = 6, anchored_no = 6, hash = e.hash
       from holdfast.audit_event e where c.clinic_no = $1 and e.clinic_no = $1 and e.no = 6`,
    ['missing', '9'],
  ],
  'a forged purge': [
    `with gone as (delete from holdfast.audit_event ${own})
     insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now(), 'log_purged', 1, 'system', array[epoch::text, no::text, encode(hash, 'hex')]
       from holdfast.audit_chain where clinic_no = $1`,
    ['missing', '9'],
  ],
  'everything written anew': [
    `with gone as (delete from holdfast.audit_event ${own})
     delete from holdfast.audit_chain where clinic_no = $1;`,
    ['missing', '9'],
  ],
  'a row that is in no chain': [
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     values ($1, now() - interval '1 hour', 'denied', 1, 'nobody', '{}')`,
    ['unsealed', '-'],
  ],
}

test.for(Object.entries(tampering))('found: %s', async ([_, [statements, expected]], { database, clinic }) => {
  await addEvents(database, clinic.no, 9)
  const anchored = await anchor(database)
  expect(found(await verifyAll(database, anchored))).toEqual([])
  for (const statement of statements.split(';').filter((text) => text.trim() !== '')) {
    await database.ownerPool.query(statement.replaceAll('$1', String(clinic.no)))
  }
  expect(found(await verifyAll(database, anchored))).toContainEqual(expected)
})

test('the application adds no events about the log itself', async ({ database }) => {
  for (const kind of ['log_purged', 'log_chain_begun', 'log_erased']) {
    const event = { kind, clinicNo: 0, actorKind: 'system', details: ['1', 'x', 'y'], count: 1, ageMs: 0 }
    const appended = database.appPool.query('select holdfast.append_audit_events($1)', [JSON.stringify([event])])
    await expect(appended).rejects.toMatchObject({ code: '22023' })
  }
})

test('what is deleted before its time is found, also when its anchors are old', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 5, 100)
  const anchored = await anchor(database, daysAgo(100))
  await database.ownerPool.query(
    `with gone as (delete from holdfast.audit_event where clinic_no = $1)
     insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select $1, now(), 'log_purged', 1, 'system', array[epoch::text, no::text, encode(hash, 'hex')]
       from holdfast.audit_chain where clinic_no = $1`,
    [clinic.no],
  )
  expect(found(await verifyAll(database, anchored))).toContainEqual(['missing', '5'])
})

test('an event that was sealed where a clinic was before belongs to its chain', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 4)
  const other = await anotherDatabase()
  // The clinic has moved with its first three events, and the fourth was recorded afterwards.
  const { rows } = await database.ownerPool.query(
    'select to_jsonb(e) as event from holdfast.audit_event e where clinic_no = $1 and no < 4',
    [clinic.no],
  )
  await other.ownerPool.query(
    `insert into holdfast.audit_event overriding system value
     select r.* from jsonb_array_elements($1) one
      cross join jsonb_populate_record(null::holdfast.audit_event, one) r`,
    [JSON.stringify(rows.map(({ event }) => event))],
  )
  await database.ownerPool.query('delete from holdfast.audit_event where clinic_no = $1 and no < 4', [clinic.no])
  const pools = [database.ownerPool, other.ownerPool]
  const options = { anchored: null, since: daysAgo(40), months: 12 }
  expect(await verifyAudit(pools, options)).toMatchObject({ events: 4, findings: [] })
  expect(found(await verifyAudit(pools.slice(0, 1), options))).toContainEqual(['missing', '4'])
})

test('an ended chain that is deleted whole is found without anchors', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 3)
  await database.ownerPool.query('select holdfast.begin_log_epoch((select max(no) from holdfast.log_epoch))')
  // The end of the chain is noted although nothing else is recorded.
  expect(await sealAuditEvents(database.appPool)).toBe(1)
  expect(found(await verifyAll(database))).toEqual([])
  await database.ownerPool.query(
    'delete from holdfast.audit_event where clinic_no = $1 and epoch = (select min(epoch) from holdfast.audit_event)',
    [clinic.no],
  )
  expect(found(await verifyAll(database))).toContainEqual(['missing', '3'])
})

test('an account is erased from the log, and the chain stays valid', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 3)
  const accountId = randomUUID()
  await database.ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, network, details)
     values ($1, now(), 'sign_in', 1, 'account', $2, $2, '203.0.113.0/24', '{}')`,
    [clinic.no, accountId],
  )
  await addEvents(database, clinic.no, 2)
  const erase = `select holdfast.erase_audit_person('${accountId}') as erased`
  await expect(database.appPool.query(erase)).rejects.toThrow('permission denied')
  expect((await database.ownerPool.query(erase)).rows).toEqual([{ erased: 1 }])
  const { rows } = await database.ownerPool.query(
    'select actor_id, subject_id, network, salt from holdfast.audit_event where erased is not null',
  )
  expect(rows).toEqual([{ actor_id: null, subject_id: null, network: null, salt: Buffer.alloc(0) }])
  await sealAuditEvents(database.appPool)
  expect(await verifyAll(database)).toMatchObject({ events: 7, erased: 1, findings: [] })
})

test('what retention deletes leaves a row from which the rest verifies', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 5, 400)
  const anchored = await anchor(database, daysAgo(400))
  await addEvents(database, clinic.no, 4)
  expect(await purgeAuditEvents(database.appPool, 12)).toBe(5)
  expect(await purgeAuditEvents(database.appPool, 12)).toBe(0)
  await sealAuditEvents(database.appPool)
  const { rows } = await database.ownerPool.query<{ details: string[] }>(
    `select details from holdfast.audit_event where clinic_no = $1 and kind = 'log_purged'`,
    [clinic.no],
  )
  expect(rows.map(({ details }) => details.slice(0, 2))).toEqual([[expect.any(String), '5']])
  expect(await verifyAll(database, anchored)).toMatchObject({ events: 5, findings: [] })
  // Without that row, the beginning is missing.
  await database.ownerPool.query(`delete from holdfast.audit_event where kind = 'log_purged'`)
  expect(found(await verifyAll(database, anchored))).toContainEqual(['missing', '6'])
})

test('a chain that is deleted whole by retention is not missing', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 3, 400)
  expect(await purgeAuditEvents(database.appPool, 12)).toBe(3)
  expect(found(await verifyAll(database))).toEqual([])
  await sealAuditEvents(database.appPool)
  expect(await verifyAll(database)).toMatchObject({ events: 1, findings: [] })
})

test('after a restore a new chain begins, and what was lost is named', async ({ database, clinic }) => {
  await addEvents(database, clinic.no, 5)
  const saved = await chainsAndEvents(database)
  await addEvents(database, clinic.no, 4)
  const anchored = await anchor(database)
  await restore(database, saved)
  await addEvents(database, clinic.no, 2)
  const report = await verifyAll(database, anchored)
  expect(report).toMatchObject({ chains: 2, events: 8, findings: [] })
  expect(report.restored).toMatchObject([{ clinicNo: clinic.no, no: '5', lost: 4 }])
})

/** A clinic that has moved with its nine events, and whose former database is restored to when it had five of them. */
async function aRestoredFormer(database: TestDatabase, other: TestDatabase): Promise<AnchoredHead[]> {
  const clinic = await aClinic(database)
  await addEvents(database, clinic.no, 5)
  const saved = await chainsAndEvents(database)
  await addEvents(database, clinic.no, 4)
  const anchored = await anchor(database)
  const { rows } = await database.ownerPool.query('select to_jsonb(e) as event from holdfast.audit_event e')
  await other.ownerPool.query(
    `insert into holdfast.audit_event overriding system value
     select r.* from jsonb_array_elements($1) one
      cross join jsonb_populate_record(null::holdfast.audit_event, one) r`,
    [JSON.stringify(rows.map(({ event }) => event))],
  )
  await restore(database, saved)
  // The end of the former chain is noted.
  await sealAuditEvents(database.appPool)
  return anchored
}

test('a database restored to before a clinic left it is named as that, and changes of it are found', async ({
  database,
}) => {
  const other = await anotherDatabase()
  const anchored = await aRestoredFormer(database, other)
  const verify = (pools = [database.ownerPool, other.ownerPool]) =>
    verifyAudit(pools, { anchored, since: daysAgo(40), months: 12 })
  const asRestored = { events: 10, findings: [], restored: [{ no: '5', lost: 0, elsewhere: 4 }] }
  expect(await verify()).toMatchObject(asRestored)
  expect(await verify([other.ownerPool, database.ownerPool])).toMatchObject(asRestored)
  // Without the other database, they are lost.
  expect((await verify([database.ownerPool])).restored).toMatchObject([{ no: '5', lost: 4, elsewhere: 0 }])
  const changes: [TestDatabase, statement: string, expected: [kind: string, no: string]][] = [
    [database, 'set subject_id = gen_random_uuid() where no = 3', ['changed', '3']],
    [database, 'set hash = sha256(hash) where no = 5', ['changed', '5']],
    [other, 'set subject_id = gen_random_uuid() where no = 5', ['changed', '5']],
    [other, 'set subject_id = gen_random_uuid() where no = 7', ['changed', '7']],
    [other, 'set no = 10 where no = 9', ['missing', '10']],
    [database, 'set no = 6 where no = 5', ['changed', '6']],
  ]
  for (const [changed, statement, expected] of changes) {
    await whileChanged(changed, `update holdfast.audit_event ${statement} and epoch = 1`, async () => {
      expect(found(await verify()), statement).toContainEqual(expected)
    })
  }
  expect(await verify()).toMatchObject(asRestored)
})

/** Runs `work` with a change that is undone afterwards. */
async function whileChanged({ ownerPool }: TestDatabase, change: string, work: () => Promise<void>): Promise<void> {
  await ownerPool.query('create table saved as select * from holdfast.audit_event')
  await ownerPool.query(change)
  await work()
  await ownerPool.query(`
    truncate holdfast.audit_event;
    insert into holdfast.audit_event overriding system value select * from saved;
    drop table saved`)
}

type Saved = { chains: object[]; last: AuditHead['no'] }

async function chainsAndEvents({ ownerPool }: TestDatabase): Promise<Saved> {
  const { rows: chains } = await ownerPool.query('select * from holdfast.audit_chain')
  const { rows } = await ownerPool.query<{ last: string }>('select max(no)::text as last from holdfast.audit_event')
  return { chains, last: rows[0]?.last ?? '0' }
}

/** As a backup does it: the rows of then, and a new epoch of the log. */
async function restore({ ownerPool }: TestDatabase, { chains, last }: Saved): Promise<void> {
  await ownerPool.query('delete from holdfast.audit_event where no > $1', [last])
  await ownerPool.query('truncate holdfast.audit_chain')
  await ownerPool.query(
    `insert into holdfast.audit_chain
     select r.* from jsonb_array_elements($1) one cross join jsonb_populate_record(null::holdfast.audit_chain, one) r`,
    [JSON.stringify(chains.map((chain) => ({ ...chain, hash: `\\x${hexOf(chain)}` })))],
  )
  await ownerPool.query('select holdfast.begin_log_epoch((select max(no) from holdfast.log_epoch))')
}

const hexOf = (chain: object) => ('hash' in chain && Buffer.isBuffer(chain.hash) ? chain.hash.toString('hex') : '')
