// Rest: each way in which the move of a clinic ends
import { aClaim, until, untilLockWaiters } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, test as base } from '../../test/moving-clinic.ts'
import { connectClient } from '../database/connect-client.ts'
import { erasuresSince } from '../erasure/repeat-erasures.ts'
import { newId } from '../model/id.ts'
import { drainShard, undrainShard } from '../shards/drain-shard.ts'
import { logHeldBackSeconds } from '../tail/log-held-back.ts'
import { addLogReceiver } from '../tail/log-receivers.ts'
import { clinicTables, otherTables } from './clinic-tables.ts'
import type { MoveStep } from './move-clinic.ts'

const test = base.extend('scene', ({ database, north }) => aScene(database, north))

const isRefused = expect.objectContaining({ code: 'HF003' })

test('all rows of a clinic are moved, there and back; others stay', async ({ database, north, scene }) => {
  const before = await scene.rowsIn(database)
  const key = aClaim(scene.slot, { confirm: true })
  const booked = await scene.engines.directory.claim(key)
  const moved = await scene.move(1)
  expect(moved).toMatchObject({ from: 'directory', to: 'north', pauseMs: expect.any(Number) })
  const rows = await scene.rowsIn(north)
  expect(rows).toMatchObject({ slot: before.slot, resource: before.resource, booking: (before.booking ?? 0) + 1 })
  expect(Object.values(before).filter((count) => count > 0).length).toBeGreaterThan(15)
  const left = Object.entries(await scene.rowsIn(database)).filter(([, count]) => count > 0)
  // One entry of the log says that lists have changed.
  expect(left).toEqual([['directory_change', 1]])
  await scene.expectClean(true)
  expect((await scene.bookElsewhere()).kind).toBe('booked')

  // A repetition finds the booking, and new ones are made.
  expect(await scene.engines.north.claim(key)).toEqual({ ...booked, position: expect.anything() })
  expect((await scene.engines.north.claim(aClaim(scene.slot))).kind).toBe('booked')
  expect(await scene.move(1)).toBeNull()

  expect(await scene.move(0)).toMatchObject({ from: 'north', to: 'directory' })
  expect(await scene.rowsIn(database)).toMatchObject({ booking: (before.booking ?? 0) + 2 })
  await scene.expectClean(false)
  expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
})

test('what was erased before the move is on the next list of the new database', async ({ database, north, scene }) => {
  const id = newId(scene.clinicNo)
  await database.ownerPool.query(sql`insert into holdfast.erasure (clinic_no, kind, id, erased_at)
      values (${scene.clinicNo}, 'waitlist_entry', ${id}, now() - interval '1 day')`)
  const lastList = new Date(Date.now() - 600_000)
  await scene.move(1)
  expect(await erasuresSince(north.ownerPool, lastList)).toContainEqual(expect.objectContaining({ id }))
})

test('events keep their order, no other receiver gets them, and readers go on', async ({ database, north, scene }) => {
  const { directory, north: there } = scene.engines
  for (const { appPool } of [database, north]) await appPool.query('select holdfast.begin_log_epoch(null)')
  await addLogReceiver(north.appPool, 'reader')
  const eventsOf = async ({ reads }: typeof there, after: string | null = null) => {
    // Open transactions of other tests hold back events.
    for (const { appPool } of [database, north]) {
      await until(async () => (await logHeldBackSeconds(appPool)) === 0, 'a log that nothing holds back')
    }
    const { items } = await reads.eventsOfClinic({ clinicNo: scene.clinicNo, after, limit: 200 })
    return {
      events: items.map(({ bookingId, version }) => `${bookingId} ${version}`),
      position: items.at(-1)?.position ?? '',
    }
  }
  const before = await eventsOf(directory)
  await scene.move(1)
  expect((await eventsOf(there)).events).toEqual(before.events)
  const { rows } = await north.ownerPool.query(sql`select from holdfast.booking_event e, holdfast.log_receiver r
      where e.clinic_no = ${scene.clinicNo} and (e.xid, e.seq) > (r.xid, r.seq)`)
  expect(rows).toEqual([])
  // A position from before the move gets all events again, there and back, and one from afterwards what is new.
  await there.claim(aClaim(scene.slot))
  const since = await eventsOf(there, before.position)
  expect(since.events.slice(0, -1)).toEqual(before.events)
  expect((await eventsOf(there, since.position)).events).toEqual([])
  await north.ownerPool.query('delete from holdfast.log_receiver')
  await scene.move(0)
  expect((await eventsOf(directory, since.position)).events).toEqual(since.events)
  // So does one from before the clinic had left this database.
  expect((await eventsOf(directory, before.position)).events).toEqual(since.events)
})

test('while it is moved, changes are refused, and those of other clinics are not', async ({ scene }) => {
  const outcomes: unknown[] = []
  await scene.move(1, {
    afterStep: async (step) => {
      if (step === 'noted') return
      const claim = scene.engines.directory.claim(aClaim(scene.slot))
      outcomes.push(await claim.then(({ kind }) => kind).catch((error: unknown) => error))
      expect((await scene.bookElsewhere()).kind).toBe('booked')
    },
  })
  const [refused, delivered, copied, committed, switched, deleted] = outcomes
  expect([refused, delivered, copied, committed, switched]).toEqual(Array.from({ length: 5 }, () => isRefused))
  // The slot is not there any more.
  expect(deleted).toBe('slot_missing')
  await scene.expectClean(true)
})

test('negative control: without the refusal, a booking is lost', async ({ database, north, scene }) => {
  const claim = aClaim(scene.slot, { confirm: true })
  await scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'committed') return
      for (const table of ['booking', 'slot', 'idempotency', 'booking_event', 'booking_origin']) {
        await database.ownerPool.query(`drop trigger moving_clinic_${scene.clinicNo} on holdfast.${table}`)
      }
      expect((await scene.engines.directory.claim(claim)).kind).toBe('booked')
    },
  })
  const found = await north.ownerPool.query('select from holdfast.booking where id = $1', [claim.bookingId])
  expect(found.rowCount).toBe(0)
})

test('databases with other settings, and late events of the security log', async ({ database, north, scene }) => {
  await north.ownerPool.query(`do $$ begin
    execute format('alter database %I set timezone = ''Asia/Kolkata''', current_database());
    execute format('alter database %I set datestyle = ''SQL, DMY''', current_database()); end $$`)
  const record = () =>
    scene.engines.directory.auditLog.append([
      {
        kind: 'clinic_changed',
        clinicNo: scene.clinicNo,
        actorKind: 'system',
        actorId: null,
        subjectId: null,
        network: null,
        details: [],
        count: 1,
        ageMs: 0,
      },
    ])
  await record()
  const before = (await scene.rowsIn(database)).audit_event ?? 0
  await scene.move(1, { afterStep: async (step) => (step === 'committed' ? record() : undefined) })
  expect((await scene.rowsIn(north)).audit_event).toBe(before + 1)
  await scene.move(0)
  expect((await scene.rowsIn(database)).audit_event).toBe(before + 1)
  await scene.expectClean(false)
})

test('a security event that is not committed when rows are copied is waited for', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const kind = 'clinic_changed'
  const count = async ({ ownerPool }: typeof north) => {
    const counted = 'select from holdfast.audit_event where clinic_no = $1 and kind = $2'
    return (await ownerPool.query(counted, [scene.clinicNo, kind])).rowCount
  }
  const before = await count(database)
  const writer = await database.ownerPool.connect()
  let committed: Promise<unknown> | undefined
  await scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'switched') return
      await writer.query('begin')
      const event = "values ($1, now(), $2, 1, 'system', '{}')"
      const into = 'insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)'
      await writer.query(`${into} ${event}`, [scene.clinicNo, kind])
      committed = untilLockWaiters(database, 1).then(() => writer.query('commit'))
    },
  })
  await committed
  writer.release()
  expect([await count(database), await count(north)]).toEqual([0, (before ?? 0) + 1])
  await scene.move(0)
})

test('what fails before the copy is committed goes back by itself', async ({ scene }) => {
  const fail = (wanted: MoveStep) => async (step: MoveStep) => {
    if (step === wanted) throw new Error('planted')
  }
  for (const step of ['refused', 'copied'] as const) {
    await expect(scene.move(1, { afterStep: fail(step) })).rejects.toThrow('planted')
    await scene.expectClean(false)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  }
})

test('what takes longer than changes may wait goes back, and accepts changes by then', async ({ scene }) => {
  const late = aClaim(scene.slot)
  await expect(
    scene.move(1, {
      pauseMsMax: 1_000,
      afterStep: async (step) => {
        // The process is suspended, and nothing else ends the refusal.
        if (step !== 'copied') return
        await until(async () => {
          const booked = await scene.engines.directory.claim(late).catch(() => null)
          return booked?.kind === 'booked'
        }, 'the end of the refusal')
      },
    }),
  ).rejects.toThrow('the copy takes longer than 1 s, for which changes may wait')
  await scene.expectClean(false)
  expect((await scene.engines.directory.claim(late)).kind).toBe('booked')
})

test('a replay that begins after the first look sends the move back: it would not end', async ({ database, scene }) => {
  await database.ownerPool.query(sql`insert into holdfast.webhook (clinic_no, id, url, events, secret)
      values (${scene.clinicNo}, ${newId(scene.clinicNo)}, 'https://example.org', '{booking.confirmed}', 'secret')`)
  const setReplay = (until: string) => database.ownerPool.query(`update holdfast.webhook set replay_until = ${until}`)
  const afterStep = async (step: MoveStep) => {
    if (step === 'noted') await setReplay('now()')
  }
  await expect(scene.move(1, { afterStep })).rejects.toThrow('events are being sent to a webhook of the clinic again')
  await scene.expectClean(false)
  await setReplay('null')
  await scene.move(1)
  await scene.expectClean(true)
})

test('a call that hung does not commit a copy that lacks what was written since', async ({ database, scene }) => {
  await expect(
    scene.move(1, {
      afterStep: async (step) => {
        if (step !== 'delivered') return
        // Another call, whose refusal was over meanwhile, does this.
        await database.ownerPool.query(`update holdfast.moving_clinic set token = gen_random_uuid()`)
      },
    }),
  ).rejects.toThrow('the copy takes longer than')
  // The other call goes on.
  expect((await database.ownerPool.query('select from holdfast.moving_clinic')).rowCount).toBe(1)
  expect(await scene.move(0)).toBeNull()
  await scene.expectClean(false)
})

test('a copy that fails within a table goes back', async ({ database, north, scene }) => {
  const { rows } = await database.ownerPool.query<{ key: string }>(sql`select * from holdfast.idempotency
      where clinic_no = ${scene.clinicNo} order by key limit 1`)
  await north.ownerPool.query(sql`insert into holdfast.idempotency select *
      from jsonb_populate_record(null::holdfast.idempotency, ${JSON.stringify(rows[0])})`)
  await expect(scene.move(1)).rejects.toThrow('duplicate key')
  await north.ownerPool.query('delete from holdfast.idempotency where clinic_no = $1', [scene.clinicNo])
  await scene.expectClean(false)
  const late = {
    pauseMsMax: 1_000,
    afterStep: async (step: MoveStep) => {
      if (step !== 'delivered') return
      const over = 'select from holdfast.moving_clinic where refused_until < clock_timestamp()'
      await until(async () => (await database.ownerPool.query(over)).rowCount === 1, 'the end of the refusal')
    },
  }
  await expect(scene.move(1, late)).rejects.toThrow('the copy takes longer than 1 s')
  await scene.expectClean(false)
  expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
})

test('a rehearsal copies everything, and changes nothing', async ({ database, north, scene }) => {
  const before = await scene.rowsIn(database)
  const rehearsed = await scene.move(1, { dryRun: true })
  expect(rehearsed?.rows).toBe(Object.values(before).reduce((sum, count) => sum + count, 0))
  await scene.expectClean(false)
  expect(Object.values(await scene.rowsIn(north)).every((count) => count === 0)).toBe(true)
  await drainShard(database.ownerPool, 1)
  await expect(scene.move(1, { dryRun: true })).rejects.toThrow('north is drained, and gets no clinics')
  await undrainShard(database.ownerPool, 1)
})

test('it waits for the receivers of the log, and gives up with their name', async ({ database, scene }) => {
  await database.ownerPool.query(`insert into holdfast.log_receiver (name, epoch, xid, seq) values ('late', 1, '3', 0)`)
  await expect(scene.move(1)).rejects.toThrow('the receiver late of the log has not got the clinic’s last events')
  await scene.expectClean(false)
  const moved = scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'refused') return
      await database.ownerPool.query(`update holdfast.log_receiver set xid = pg_current_xact_id()`)
    },
  })
  expect(await moved).toMatchObject({ to: 'north' })
  await database.ownerPool.query('delete from holdfast.log_receiver')
})

test('two calls at once: the second is refused', async ({ scene }) => {
  const isCopying = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  const first = scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'copied') return
      isCopying.resolve()
      await mayGoOn.promise
    },
  })
  await isCopying.promise
  await expect(scene.move(1)).rejects.toThrow('another call moves the clinic now')
  await expect(scene.move(0)).rejects.toThrow('another call moves the clinic now')
  mayGoOn.resolve()
  expect(await first).toMatchObject({ to: 'north' })
})

test('a clinic of archived months, of no database, and to no database is refused', async ({ database, scene }) => {
  await expect(scene.move(7)).rejects.toThrow('in the database 7, which HOLDFAST_SHARDS lacks')
  await expect(scene.move(1, { clinicNo: 9_999 })).rejects.toThrow('the directory does not know the clinic')
  await database.ownerPool.query(`insert into holdfast.archived_month (month, state)
      values (date_trunc('month', now()), 'moving')`)
  await expect(scene.move(1)).rejects.toThrow('directory has archived months since the clinic was created')
  await database.ownerPool.query('delete from holdfast.archived_month')
  await scene.expectClean(false)
})

test('of every table, it is known which rows are of a clinic, or why none are', async ({ database }) => {
  const client = await connectClient({ url: database.ownerUrl, name: 'holdfast test' })
  try {
    const names = (await clinicTables(client)).map(({ name }) => name)
    for (const name of Object.keys(otherTables)) {
      expect((await client.query(`select to_regclass('holdfast.${name}') as found`)).rows[0].found).not.toBeNull()
    }
    expect(names).toContain('booking')
    await client.query('begin; create table holdfast.planted (key uuid primary key)')
    await expect(clinicTables(client)).rejects.toThrow('It is not known which rows of holdfast.planted are of a clinic')
  } finally {
    await client.end()
  }
})
