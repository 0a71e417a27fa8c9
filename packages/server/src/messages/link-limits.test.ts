import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../test/due-messages.ts'

/** Makes these messages links that confirm the holds of their bookings. */
async function becomeLinks(database: TestDatabase, ids: readonly string[]): Promise<void> {
  await database.ownerPool.query(`update holdfast.message set kind = 'confirm' where id = any ($1)`, [ids])
  await database.ownerPool.query(
    `update holdfast.booking set status = 'PENDING', hold_expires_at = now() + interval '10 minutes'
      where id in (select booking_id from holdfast.message where id = any ($1))`,
    [ids],
  )
}

/** From IPv6, a booking has an address and a network. */
async function comeFrom(database: TestDatabase, ids: readonly string[], network: string): Promise<void> {
  const subjects = [randomUUID(), network]
  await database.ownerPool.query(
    `insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
     select m.clinic_no, o.subject, m.booking_id, o.kind, now()
       from holdfast.message m, unnest(array['address', 'network'], $2::uuid[]) o(kind, subject)
      where m.id = any ($1)`,
    [ids, subjects],
  )
}

async function sentOf(database: TestDatabase, ids: string[]): Promise<number> {
  const rows = await messagesWithIds(database, ids)
  const skipped = rows.filter(({ state, reason }) => state === 'skipped' && reason === 'address_limit')
  const sent = rows.filter(({ state }) => state === 'sent')
  expect(skipped.length + sent.length).toBe(ids.length)
  return sent.length
}

test('links to confirm are counted apart: an address gets twenty in a day', async ({ database }) => {
  const ids = await dueMessages(database, 32, {}, () => 'owner@example.org')
  const links = ids.slice(0, 21)
  await becomeLinks(database, links)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(30)
  const rows = await messagesWithIds(database, ids)
  expect(rows.filter(({ state, reason }) => state === 'skipped' && reason === 'address_limit')).toHaveLength(2)
  const ofLinks = await messagesWithIds(database, links)
  expect(ofLinks.filter(({ state }) => state === 'sent')).toHaveLength(20)
})

test('the guests and the accounts of two networks do not use up the links of an address', async ({ database }) => {
  const ids = await dueMessages(database, 41, {}, () => 'owner@example.org')
  await becomeLinks(database, ids)
  const networks = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  for (const [index, network] of networks.entries()) {
    await comeFrom(database, ids.slice(10 * index, 10 * index + 10), network)
  }
  const owners = ids.slice(40)
  await comeFrom(database, owners, randomUUID())
  // The owner is the last one.
  await database.ownerPool.query(
    `update holdfast.message set due_at = now() - interval '1 s' where id = any ($1) and id <> all ($2)`,
    [ids, owners],
  )
  await sendMessages(database, 'accepted')
  expect(await sentOf(database, ids.slice(0, 40))).toBe(16)
  expect(await sentOf(database, owners)).toBe(1)
})
