import { aClinic } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { aTheatre, theatreTime } from '../../../test/theatre-scene.ts'

test('the caller learns how many cases a block filled in part got, and to repeat it', async ({ database, rest }) => {
  const theatre = await aTheatre(database, rest)
  const { path, admin, staff, roomOne } = theatre
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const booked = (await theatre.book()).body.id
  const cases = [await rest.engine.theatre.case(booked)].filter((one) => one !== null)
  const fillBlock = async () => ({ kind: 'filled_in_part' as const, cases, retryAfterSeconds: 2 })
  const engine = { ...rest.engine, theatre: { ...rest.engine.theatre, fillBlock } }
  const busy = await startRestApp(database, { replaced: { engine } })
  onTestFinished(() => busy.stop())
  const fill = { path: { ...path, blockId: blocks.items[0]?.blockId ?? '' }, body: { confirm: true } }
  const { headers, problem } = await busy.call('fillBlock', { ...fill, as: busy.anAccount(staff) })
  expect(problem).toMatchObject({ status: 503, code: 'unavailable', caseIds: [booked] })
  expect(problem.detail).toContain('Cases that are booked: 1. Repeat the request with the same Idempotency-Key')
  expect(headers['retry-after']).toBe('2')
})

test('a step refuses a foreign cursor, and the key of another step, also a failed one', async ({ database, rest }) => {
  const { path, admin, staff, roomOne } = await aTheatre(database, rest)
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const fillBlock = async () => ({ kind: 'filled_in_part' as const, cases: [], retryAfterSeconds: 2 })
  const engine = { ...rest.engine, theatre: { ...rest.engine.theatre, fillBlock } }
  const busy = await startRestApp(database, { replaced: { engine } })
  onTestFinished(() => busy.stop())
  const fill = { path: { ...path, blockId: blocks.items[0]?.blockId ?? '' }, as: staff }
  const { problem: foreign } = await rest.call('fillBlock', { ...fill, body: { cursor: 'x' } })
  expect(foreign).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: '/cursor' }] })
  const call = { path: fill.path, as: busy.anAccount(staff), key: crypto.randomUUID() }
  expect((await busy.call('fillBlock', { ...call, body: { confirm: true } })).problem.code).toBe('unavailable')
  const { problem } = await busy.call('fillBlock', { ...call, body: { confirm: true, cursor: 'next' } })
  expect(problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  expect((await busy.call('fillBlock', { ...call, body: { confirm: true } })).problem.code).toBe('unavailable')
})

test('a block of a room that takes no new cases is not filled, the response says why', async ({ database, rest }) => {
  const { path, admin, staff, roomOne } = await aTheatre(database, rest)
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const fill = { path: { ...path, blockId: blocks.items[0]?.blockId ?? '' }, as: staff }
  expect((await rest.call('fillBlock', fill)).body).toEqual({ items: [], examined: 0, nextCursor: null })
  await rest.call('updateRoom', { path: { ...path, roomId: roomOne.id }, as: admin, body: { active: false } })
  const { problem } = await rest.call('fillBlock', fill)
  expect(problem).toMatchObject({ status: 409, code: 'theatre_resource_inactive' })
  expect(problem.detail).toContain(roomOne.id)
})

test('a block that somebody fills is filled by nobody else, who see how far', async ({ database, rest }) => {
  const { path, admin, staff, roomOne, clinic } = await aTheatre(database, rest)
  const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
  const { body: blocks } = await rest.call('createBlocks', { path, as: admin, body: times })
  const blockId = blocks.items[0]?.blockId ?? ''
  const day = { from: theatreTime('08:00').slice(0, 10), to: theatreTime('08:00').slice(0, 10) }
  const seen = async () => (await rest.call('listBlocks', { path, as: staff, query: day })).body.items[0]?.filling
  expect(await seen()).toBeNull()
  await database.ownerPool.query(sql`
    insert into holdfast.block_filling (clinic_no, block_id, run_id, running_until, examined, booked)
     values (${clinic.no}, ${blockId}, gen_random_uuid(), now() + interval '1 minute', 200, 3)`)
  expect(await seen()).toEqual({ examined: 200, booked: 3 })
  const { problem } = await rest.call('fillBlock', { path: { ...path, blockId }, as: staff })
  expect(problem).toMatchObject({ status: 409, code: 'block_being_filled' })
  expect(problem.detail).toBe('Requests that were looked at: 200. Cases that are booked: 3.')
})

test('the response says why no block is created: an open-time case, or missing hours', async ({ database, rest }) => {
  const theatre = await aTheatre(database, rest)
  const { path, admin, roomOne } = theatre
  const booked = (await theatre.book()).body
  const times = { roomId: roomOne.id, from: theatreTime('07:00'), to: theatreTime('12:00') }
  const inTheWay = await rest.call('createBlocks', { path, as: admin, body: times })
  expect(inTheWay.body).toMatchObject({
    created: 0,
    conflicts: 1,
    missingDates: [],
    items: [{ outcome: 'conflict', blockId: null, caseId: booked.id }],
  })
  const berlin = await aClinic(database, { timezone: 'Europe/Berlin' })
  const there = { path: { clinicId: berlin.id }, as: await rest.aMember(berlin.no, 'admin') }
  const room = (await rest.call('createRoom', { ...there, body: { name: 'OR' } })).body
  const spring = nextSpringNight()
  const rule = { from: spring, to: spring, weekdays: [7], startTime: '02:00', endTime: '03:00' }
  const missing = await rest.call('createBlocks', { ...there, body: { roomId: room.id, rule } })
  expect(missing.body).toMatchObject({ created: 0, skipped: 0, missingDates: [spring], items: [] })
  const night = { ...rule, startTime: '00:00', endTime: '06:00' }
  const short = await rest.call('createBlocks', { ...there, body: { roomId: room.id, rule: night, minutes: 360 } })
  expect(short.body.items).toMatchObject([{ outcome: 'created', minutes: 300 }])
  const over = { ...night, startTime: '22:00', endTime: '04:00' }
  const body = { roomId: room.id, rule: over, minutes: 361 }
  expect((await rest.call('createBlocks', { ...there, body })).problem.errors?.[0]?.path).toBe('/minutes')
  const overnight = await rest.call('createBlocks', { ...there, body: { ...body, minutes: 360 } })
  expect(overnight.body.items).toMatchObject([{ outcome: 'created', minutes: 360 }])
})

/** The next last Sunday of March that is a month away or more: clocks of Berlin are put forward at 02:00. */
function nextSpringNight(): string {
  const soonest = Temporal.Now.plainDateISO('Europe/Berlin').add({ months: 1 })
  const springs = [soonest.year, soonest.year + 1].map((year) => {
    const last = Temporal.PlainDate.from({ year, month: 3, day: 31 })
    return last.subtract({ days: last.dayOfWeek % 7 })
  })
  return springs.find((date) => Temporal.PlainDate.compare(date, soonest) > 0)?.toString() ?? ''
}
