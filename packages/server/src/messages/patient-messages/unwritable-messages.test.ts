import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../../test/due-messages.ts'
import { sampleSettings } from '../previews/sample-messages.ts'

/** Sends what is due, with a mistake in whatever is written to a patient of this name. */
async function sendWithMistake(database: TestDatabase, wrong: string) {
  const ticket: typeof sampleSettings.links.ticket = (facts) => {
    if (facts.bookingId === wrong) throw new RangeError('a mistake')
    return sampleSettings.links.ticket(facts)
  }
  const nothing = async () => undefined
  return sendMessages(database, 'accepted', async () => null, nothing, nothing, {
    links: { ...sampleSettings.links, ticket },
  })
}

test('an unwritable message is retried, and fails after twelve attempts; others go', async ({ database }) => {
  const ids = await dueMessages(database, 12)
  const [wrong = ''] = ids
  const { rows } = await database.ownerPool.query<{ bookingId: string }>(
    `update holdfast.message set due_at = now() - interval '1 s' where id = $1 returning booking_id as "bookingId"`,
    [wrong],
  )
  const bookingId = rows[0]?.bookingId ?? ''
  const { done, mails } = await sendWithMistake(database, bookingId)
  expect([done, mails.length]).toEqual([11, 11])
  const due = { state: 'due', isLater: true, attempts: 1, lost: 0, failure: null }
  expect(await messagesWithIds(database, [wrong])).toMatchObject([due])

  await database.ownerPool.query('update holdfast.message set due_at = now(), attempts = 11 where id = $1', [wrong])
  await sendWithMistake(database, bookingId)
  const failed = { state: 'failed', failure: 'internal_error', attempts: 12, lost: 0 }
  expect(await messagesWithIds(database, [wrong])).toMatchObject([failed])
})
