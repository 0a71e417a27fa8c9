import { createEngine } from '@holdfast/engine'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../../test/due-messages.ts'
import { recordBounces } from './record-bounces.ts'

const nobody = async () => null

/** An e-mail whose first attempt the mail server has not replied to. */
async function unanswered(database: TestDatabase) {
  const ids = await dueMessages(database, 1)
  const { mails } = await sendMessages(database, 'unknown')
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'due', attempts: 1 }])
  return { ids, mail: mails[0] }
}

const lastAttempt = (database: TestDatabase, ids: string[]) =>
  database.ownerPool.query('update holdfast.message set due_at = now(), attempts = 11 where id = any ($1)', [ids])

/** Records that the mail server reports this failure of a mail. */
function bounce(database: TestDatabase, mail: { messageId: string } | undefined, status = '5.1.1') {
  const messageId = (mail?.messageId ?? '').replace(/^<|>$/g, '')
  const report = { messageId, recipients: ['ada-0@example.org'], action: 'failed', status, replyCode: null }
  return recordBounces(database.appPool, [report])
}

test('an e-mail whose first attempt may have arrived is not unsent when all others fail', async ({ database }) => {
  const { ids } = await unanswered(database)
  await lastAttempt(database, ids)
  await sendMessages(database, 'failed')
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'failed', failure: 'unknown', attempts: 12 }])
})

test('nor when it cannot be written any more', async ({ database }) => {
  const { ids } = await unanswered(database)
  await lastAttempt(database, ids)
  const mistake = async () => {
    throw new RangeError('a mistake')
  }
  await sendMessages(database, 'accepted', mistake)
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'failed', failure: 'unknown', attempts: 12 }])
})

test.for(['unknown', 'unavailable', 'internal_error'])(
  'an e-mail that was given up as %s, and came back, is recorded as such; once',
  async (failure, { database }) => {
    const { ids, mail } = await unanswered(database)
    const giveUp = `update holdfast.message set state = 'failed', failure = $2, done_at = now() where id = any ($1)`
    await database.ownerPool.query(giveUp, [ids, failure])
    expect(await bounce(database, mail, '4.4.7')).toBe('recorded')
    expect(await messagesWithIds(database, ids)).toMatchObject([
      { state: 'failed', failure: 'unavailable', result: '4.4.7 (network)' },
    ])
    expect(await bounce(database, mail, '4.4.7')).toBe('unchanged')
    expect(await bounce(database, mail, '5.1.1')).toBe('recorded')
    expect(await bounce(database, mail, '4.4.7')).toBe('unchanged')
    expect(await messagesWithIds(database, ids)).toMatchObject([{ failure: 'address_refused' }])
  },
)

test('the control: a report about an e-mail that no mail server can have got changes nothing', async ({ database }) => {
  const ids = await dueMessages(database, 1, { attempts: '11' })
  const { mails } = await sendMessages(database, 'failed')
  expect(await bounce(database, mails[0])).toBe('unchanged')
  expect(await messagesWithIds(database, ids)).toMatchObject([{ failure: 'unavailable', result: 'failed' }])
})

test('a report about the first sending does not count for the second one', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  const [id = ''] = ids
  const first = await sendMessages(database, 'accepted')
  const { rows } = await database.ownerPool.query<{ no: number }>(sql`select clinic_no as no from holdfast.message
      where id = ${id}`)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onTestFinished(() => engine.stop())
  expect(await engine.messages.sendAgain(rows[0]?.no ?? 0, id, null)).toMatchObject({ value: { kind: 'due' } })
  expect(await bounce(database, first.mails[0])).toBe('missing')
  const second = await sendMessages(database, 'accepted', nobody, async (mail) => {
    expect(await bounce(database, first.mails[0])).toBe('missing')
    expect(await bounce(database, mail)).toBe('too_early')
  })
  expect(await bounce(database, first.mails[0])).toBe('missing')
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'sent' }])
  expect(await bounce(database, second.mails[0])).toBe('recorded')
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'failed', failure: 'address_refused' }])
})

test('each attempt of a sending has the same Message-ID', async ({ database }) => {
  const { ids, mail } = await unanswered(database)
  await lastAttempt(database, ids)
  expect((await sendMessages(database, 'accepted')).mails.map(({ messageId }) => messageId)).toEqual([mail?.messageId])
})
