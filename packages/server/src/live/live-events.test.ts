import { until } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { liveApp } from '../../test/live-app.ts'
import { aCalendar, book, transactionOf, untilCaughtUp } from '../../test/live-calendar.ts'
import { eventsClient } from '../../test/live-events-client.ts'
import { call, serverOfFile } from '../../test/running-server.ts'

const friend = 'https://friend.example.org'
const server = await serverOfFile({ HOLDFAST_CORS_ORIGINS: friend, HOLDFAST_ANSWER_SECONDS_MAX: '3' })

const calendar = (options?: Parameters<typeof aCalendar>[2]) => aCalendar(server.database, [server.url], options)
const eventsUrl = (...doctorIds: string[]) => `${server.url}/api/v1/live/events?doctorIds=${doctorIds.join(',')}`

describe('server-sent events', () => {
  test('send the same messages as the WebSocket, with positions as ids, beyond the response deadline', async () => {
    const [one, two] = [await calendar({ capacity: 3 }), await calendar()]
    const client = await eventsClient(eventsUrl(one.doctor.id, two.doctor.id), { origin: friend })
    expect(client.status).toBe(200)
    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(client.headers.get('cache-control')).toBe('no-store, no-transform')
    expect(client.headers.get('x-accel-buffering')).toBe('no')
    expect(client.headers.get('access-control-allow-origin')).toBe(friend)
    const subscribed = await client.waitFor('subscribed')
    expect(subscribed.data).toMatchObject({ type: 'subscribed', doctorIds: [one.doctor.id, two.doctor.id] })
    expect(subscribed.id).toBe(subscribed.data.position)
    // Later than HOLDFAST_ANSWER_SECONDS_MAX.
    const beganMs = performance.now()
    await until(async () => performance.now() - beganMs > 3_200, 'time passes')
    await book(server.url, one.slot)
    const slots = await client.waitFor('slots')
    expect(slots.data).toMatchObject({ doctorId: one.doctor.id, items: [{ id: one.slot.id, available: 2 }] })
    expect(slots.id).toBe(slots.data.position)
    await client.end()
  })

  test('resume with Last-Event-ID or with `after`', async () => {
    const { doctor, slot } = await calendar({ capacity: 3 })
    const before = await eventsClient(eventsUrl(doctor.id))
    const { id } = await before.waitFor('subscribed')
    await before.end()
    await book(server.url, slot)
    await untilCaughtUp(server.database, server.url, doctor.id)
    for (const [url, headers] of [
      [eventsUrl(doctor.id), { 'last-event-id': id ?? '' }],
      [`${eventsUrl(doctor.id)}&after=${id}`, {}],
    ] as const) {
      const client = await eventsClient(url, headers)
      expect((await client.waitFor('slots')).data.items).toEqual([{ id: slot.id, available: 2 }])
      await client.end()
    }
  })

  test('a resync has the position that is reached, so that the next connection does not get it again', async () => {
    const { doctor } = await calendar()
    const first = await eventsClient(eventsUrl(doctor.id), { 'last-event-id': '1' })
    const { id } = await first.waitFor('resync')
    expect(first.lastEventId()).toBe(id)
    await first.end()
    const second = await eventsClient(eventsUrl(doctor.id), { 'last-event-id': id ?? '' })
    expect((await second.waitFor('subscribed')).data.doctorIds).toEqual([doctor.id])
    await book(server.url, (await calendar()).slot)
    expect(second.received.map(({ event }) => event)).toEqual(['subscribed'])
    await second.end()
  })

  test('unknown doctors are refused; if some are known, the others are reported', async () => {
    const { doctor } = await calendar()
    const nobody = '0192f8a0-0000-8000-8004-000000000000'
    expect(await call(eventsUrl(nobody))).toMatchObject({ status: 404, body: { code: 'doctor_not_found' } })
    for (const url of [eventsUrl('x'), eventsUrl(), `${eventsUrl(doctor.id)}&x=1`, `${eventsUrl(doctor.id)}&after=x`]) {
      expect(await call(url)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    }
    const many = Array.from({ length: 51 }, (_, n) => `0192f8a0-0000-8000-8004-${String(n).padStart(12, '0')}`)
    expect(await call(eventsUrl(...many))).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect((await call(eventsUrl(doctor.id), { method: 'HEAD' })).status).toBe(405)
    const client = await eventsClient(eventsUrl(doctor.id, nobody))
    expect((await client.waitFor('error')).data).toMatchObject({ code: 'doctor_not_found', doctorIds: [nobody] })
    expect((await client.waitFor('subscribed')).data.doctorIds).toEqual([doctor.id])
    await client.end()
  })

  test('a client that disconnects is removed', async () => {
    const { doctor } = await calendar()
    const app = await liveApp()
    const { id } = (await aCalendar(app.database, [app.url])).doctor
    const client = await eventsClient(`${app.url}/api/v1/live/events?doctorIds=${id}`)
    await client.waitFor('subscribed')
    expect(app.hub.figures).toMatchObject({ connections: { events: 1 }, subscriptions: 1 })
    await client.end()
    await until(async () => app.hub.figures.connections.events === 0, 'no connection')
    expect(app.hub.figures.subscriptions).toBe(0)
    expect(doctor.id).not.toBe(id)
    await app.stop()
  })

  test('the heartbeat is a comment with the current position as id', async () => {
    const app = await liveApp({ heartbeatMs: 300 })
    const { doctor, slot } = await aCalendar(app.database, [app.url])
    const client = await eventsClient(`${app.url}/api/v1/live/events?doctorIds=${doctor.id}`)
    const { id } = await client.waitFor('subscribed')
    await app.database.ownerPool.query('update holdfast.clinic set name = $2 where no = $1', [slot.clinicNo + 1, 'x'])
    await app.database.ownerPool.query('select pg_current_xact_id()')
    await until(
      async () => transactionOf(client.lastEventId() ?? '') > transactionOf(id ?? ''),
      'a newer position',
      45_000,
    )
    expect(client.comments()).toBeGreaterThan(0)
    expect(client.received).toHaveLength(1)
    await client.end()
    await app.stop()
  })
})
