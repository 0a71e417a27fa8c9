import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../test/due-messages.ts'

/** Makes these messages links that confirm the holds of their bookings. */
async function becomeLinks(database: TestDatabase, ids: readonly string[]): Promise<void> {
  await database.ownerPool.query(`update holdfast.message set kind = 'confirm' where id = any ($1)`, [ids])
  await database.ownerPool.query(sql`
    update holdfast.booking set status = 'PENDING', hold_expires_at = now() + interval '10 minutes'
     where id in (select booking_id from holdfast.message where id = any (${ids}))`)
}

/** The bookings come over IPv6, so each has an address and a network. */
async function comeFrom(database: TestDatabase, ids: readonly string[], network: string): Promise<void> {
  const subjects = [randomUUID(), network]
  await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
      select m.clinic_no, o.subject, m.booking_id, o.kind, now()
        from holdfast.message m, unnest(array['address', 'network'], ${subjects}::uuid[]) o(kind, subject)
       where m.id = any (${ids})`)
}

/** How often each of these messages was sent, or was skipped for which reason. */
async function outcomesOf(database: TestDatabase, ids: string[]): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  for (const { state, reason } of await messagesWithIds(database, ids)) {
    const outcome = reason ?? state
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

const owner = () => 'owner@example.org'

/** Links that are not due yet, so many of each network. */
async function linksFrom(database: TestDatabase, counts: readonly number[]): Promise<string[][]> {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const ids = await dueMessages(database, total, { due_at: `now() + interval '1 hour'` }, owner)
  await becomeLinks(database, ids)
  const ofNetworks: string[][] = []
  for (const count of counts) {
    const links = ids.splice(0, count)
    await comeFrom(database, links, randomUUID())
    ofNetworks.push(links)
  }
  return ofNetworks
}

/** Sends the links of each network after those of the one before. */
async function sendInTurn(database: TestDatabase, ofNetworks: readonly string[][]): Promise<void> {
  for (const links of ofNetworks) {
    await database.ownerPool.query('update holdfast.message set due_at = now() where id = any ($1)', [links])
    await sendMessages(database, 'accepted')
  }
}

test('links to confirm are counted apart: an address gets forty in a day', async ({ database }) => {
  const ids = await dueMessages(database, 52, {}, owner)
  const links = ids.slice(0, 41)
  await becomeLinks(database, links)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(50)
  expect(await outcomesOf(database, ids.slice(41))).toEqual({ sent: 10, address_limit: 1 })
  expect(await outcomesOf(database, links)).toEqual({ sent: 40, address_limit: 1 })
})

test('a family of one address and network gets eight links, and then reads which limit', async ({ database }) => {
  const [family = [], elsewhere = []] = await linksFrom(database, [9, 1])
  await sendInTurn(database, [family, elsewhere])
  expect(await outcomesOf(database, family)).toEqual({ sent: 8, network_limit: 1 })
  expect(await outcomesOf(database, elsewhere)).toEqual({ sent: 1 })
})

test('strangers at five networks use up an address’s links, and its owner gets one more', async ({ database }) => {
  const [owners = [], ...strangers] = await linksFrom(database, [2, 10, 10, 10, 10, 10])
  await sendInTurn(database, [...strangers, owners])
  expect(await outcomesOf(database, strangers.flat())).toEqual({ sent: 40, network_limit: 10 })
  expect(await outcomesOf(database, owners)).toEqual({ sent: 1, address_limit: 1 })
})

test('strangers at many networks send an address at most sixty links; refused ones are free', async ({ database }) => {
  const ofNetworks = await linksFrom(database, [8, 8, 8, 8, 8, ...Array.from({ length: 22 }, () => 1)])
  const ids = ofNetworks.flat()
  await sendInTurn(database, ofNetworks)
  expect(await outcomesOf(database, ids)).toEqual({ sent: 60, address_limit: 2 })
  // Refused on the former day's count: the network gets all of its eight when a new day of the address begins.
  await database.ownerPool.query(`
    update holdfast.message_budget set since = since - interval '25 hours' where sent = 60`)
  const refused = ofNetworks.at(-1)?.[0] ?? ''
  const { rows } = await database.ownerPool.query<{ booking: string; network: string }>(sql`
    select o.booking_id as booking, o.subject as network
      from holdfast.message m join holdfast.booking_origin o using (clinic_no, booking_id)
     where m.id = ${refused} and o.kind = 'network'`)
  expect(rows).toHaveLength(1)
  const { rowCount } = await database.ownerPool.query(
    `update holdfast.booking_origin o set subject = $2
      where kind = 'network' and booking_id in (select booking_id from holdfast.message where id = any ($1))`,
    [ids.slice(0, 9), rows[0]?.network],
  )
  expect(rowCount).toBe(9)
  await database.ownerPool.query(sql`
    update holdfast.message set state = 'due', done_at = null, due_at = now(), attempts = 0, reason = null
     where id = any (${ids.slice(0, 9)})`)
  await sendMessages(database, 'accepted')
  expect(await outcomesOf(database, ids.slice(0, 9))).toEqual({ sent: 8, network_limit: 1 })
})
