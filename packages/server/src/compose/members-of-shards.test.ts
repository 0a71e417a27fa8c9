import { randomUUID } from 'node:crypto'
import { until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { eventsClient } from '../../test/live-events-client.ts'
import { call, settingsFor, signUp } from '../../test/running-server.ts'
import { startedShards } from '../../test/server-of-shards.ts'
import { createUnsubscribeTokens } from '../secrets/confirmation-tokens.ts'

const { database, server, scene, end } = await startedShards()
afterAll(end)

const get = (path: string, options: Parameters<typeof call>[1] = {}) => call(`${server.url}/api/v1${path}`, options)
const itemsOf = ({ body }: { body: Record<string, unknown> }) =>
  body.items as (Record<string, unknown> & { id: string })[]

/** Somebody with a role in a clinic, by an invitation. */
async function aMember(clinicId: string, role: string) {
  const email = `${randomUUID()}@example.org`
  const { body } = await scene.api('POST', `/clinics/${clinicId}/invitations`, { email, role })
  const token = String(body.link).split('#')[1]
  const account = await signUp(server.url, email)
  expect((await scene.api('POST', '/invitations/find', { token })).body).toMatchObject({ clinicId, role })
  const accepted = await scene.api('POST', '/invitations/accept', { token }, account.token)
  expect(accepted.body).toMatchObject({ clinicId, role })
  return account
}

async function aClinicInBoth() {
  const ofShard = async (index: number) => {
    const clinicId = await scene.aClinicIn(index)
    return { index, clinicId, doctorId: await scene.aDoctor(clinicId) }
  }
  return [await ofShard(0), await ofShard(1)] as const
}

test('a member of a clinic in either shard may there what the role allows, and nothing in the other', async () => {
  const both = await aClinicInBoth()
  for (const [here, there] of [both, both.toReversed()] as [(typeof both)[0], (typeof both)[0]][]) {
    const { id, token: bearer } = await aMember(here.clinicId, 'staff')
    const me = await get('/me', { bearer })
    expect(me.body).toMatchObject({ memberships: [{ clinicId: here.clinicId, role: 'staff' }] })
    const statuses = async (clinicId: string) => {
      const paths = ['bookings', 'members', 'invitations', 'audit-events', 'rooms', 'waitlist-entries', 'webhooks']
      const replies = await Promise.all(paths.map((path) => get(`/clinics/${clinicId}/${path}`, { bearer })))
      return Object.fromEntries(paths.map((path, index) => [path, replies[index]?.status]))
    }
    expect(await statuses(here.clinicId)).toMatchObject({ bookings: 200, rooms: 200, invitations: 403, webhooks: 403 })
    // The statuses are those of any clinic of the same shard that is not theirs.
    const elsewhere = await statuses(there.clinicId)
    expect(elsewhere).toEqual(await statuses(await scene.aClinicIn(here.index)))
    expect(elsewhere).toMatchObject({ bookings: 404, rooms: 404 })
    const members = itemsOf(await scene.api('GET', `/clinics/${here.clinicId}/members`))
    expect(members.map(({ accountId }) => accountId)).toContain(id)
    // What was denied there is in the security log of the clinic, by its shard.
    await until(async () => {
      const logged = itemsOf(await scene.api('GET', `/clinics/${here.clinicId}/audit-events`))
      const kinds = logged.map(({ kind }) => kind)
      return ['role_granted', 'denied'].every((kind) => kinds.includes(kind))
    }, 'the events of the clinic')
    const all = itemsOf(await scene.api('GET', '/audit-events?limit=100'))
    expect(all.filter(({ kind }) => kind === 'role_granted').map(({ actorId }) => actorId)).toContain(id)
    await scene.api('DELETE', `/clinics/${here.clinicId}/members/${id}`)
    expect((await get(`/clinics/${here.clinicId}/bookings`, { bearer })).status).toBe(404)
  }
})

test('a member of clinics in both shards has both roles, and their calendar feeds', async () => {
  const [here, there] = await aClinicInBoth()
  const { id, token: bearer } = await aMember(here.clinicId, 'admin')
  const invited = await scene.api('POST', `/clinics/${there.clinicId}/invitations`, {
    email: `${randomUUID()}@example.org`,
    role: 'doctor',
    doctorId: there.doctorId,
  })
  await scene.api('POST', '/invitations/accept', { token: String(invited.body.link).split('#')[1] }, bearer)
  const { memberships } = (await get('/me', { bearer })).body as { memberships: { clinicId: string; role: string }[] }
  expect(memberships.map(({ clinicId, role }) => [clinicId, role])).toEqual(
    expect.arrayContaining([
      [here.clinicId, 'admin'],
      [there.clinicId, 'doctor'],
    ]),
  )
  const paths = [
    `/clinics/${here.clinicId}/calendar-feed`,
    `/doctors/${there.doctorId}/calendar-feed`,
    '/me/calendar-feed',
  ]
  const feeds = []
  for (const path of paths) {
    const { body } = await scene.api('POST', path, {}, bearer)
    feeds.push(`${server.url}${new URL(String(body.url)).pathname}`)
  }
  for (const feed of feeds) expect((await call(feed)).text).toMatch(/^BEGIN:VCALENDAR/)
  for (const { doctorId } of [here, there]) {
    const { slots } = await scene.slotsOf(doctorId)
    const patient = { name: 'Pat', email: 'pat@example.org' }
    const body = { slotId: slots[0]?.id, patient, confirm: true }
    expect((await scene.api('POST', '/bookings', body, bearer)).status).toBe(201)
  }
  // Each visit names its doctor, whichever database has them.
  const summaries = (await call(feeds[2] ?? '')).text.match(/^SUMMARY:.*$/gm)
  expect(summaries).toEqual([expect.stringMatching(/: \S/), expect.stringMatching(/: \S/)])
  await scene.api('DELETE', `/clinics/${there.clinicId}/members/${id}`)
  expect(await Promise.all(feeds.map(async (feed) => (await call(feed)).status))).toEqual([200, 404, 200])
})

test('a link that unsubscribes works in each shard, by the page and by the mail program', async () => {
  const secret = settingsFor({ ownerUrl: '', appUrl: '' }).HOLDFAST_SECRET ?? ''
  const tokens = createUnsubscribeTokens([secret])
  for (const { clinicId, doctorId } of await aClinicInBoth()) {
    const { slots, day } = await scene.slotsOf(doctorId)
    const email = 'pat@example.org'
    const patient = { name: 'Pat', email }
    const booked = await get('/bookings', { method: 'POST', body: { slotId: slots[0]?.id, patient, confirm: true } })
    const id = String(booked.body.id)
    const press = (path: string, link: string) =>
      fetch(`${server.url}/api/v1/unsubscribe/${path}${link}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'List-Unsubscribe=One-Click',
      })
    expect((await press('', `${id}.${tokens.issue(id, email)}`)).status).toBe(200)
    expect((await press('', `${id}.${tokens.issue(id, 'other@example.org')}`)).status).not.toBe(200)
    const [shard] = await database.withClinic(clinicId)
    const optOuts = await shard?.database.ownerPool.query(sql`select from holdfast.reminder_opt_out
        where clinic_no = holdfast.clinic_no_of(${id})`)
    expect(optOuts?.rowCount).toBe(1)
    const joined = await get('/waitlist-entries', {
      method: 'POST',
      body: { clinicId, doctorId, from: day, to: day, patient: { name: 'Grace', email } },
    })
    expect(joined.status).toBe(201)
    const entryId = String(joined.body.id)
    expect((await press('waitlist/', `${entryId}.${tokens.issue(entryId, email)}`)).status).toBe(200)
    const left = await get(`/waitlist-entries/${entryId}`, { bearer: String(joined.body.manageToken) })
    expect(left.body).toMatchObject({ status: 'ended' })
  }
})

test('the events of a theatre are those of its clinic’s shard, for its members', async () => {
  const [here, there] = await aClinicInBoth()
  const { token } = await aMember(here.clinicId, 'admin')
  const live = (clinicId: string) => `${server.url}/api/v1/clinics/${clinicId}/theatre/live`
  const client = await eventsClient(live(here.clinicId), { authorization: `Bearer ${token}` })
  await client.waitFor('theatre')
  expect((await call(live(there.clinicId), { bearer: token })).status).toBe(404)
  const before = client.received.length
  await scene.api('POST', `/clinics/${there.clinicId}/rooms`, { name: 'OR 1' })
  await scene.api('POST', `/clinics/${here.clinicId}/rooms`, { name: 'OR 1' })
  await until(async () => client.received[before], 'a signal')
  expect(client.received[before]?.data.type).toBe('changed')
  await client.end()
})
