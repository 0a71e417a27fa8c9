import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../../test/due-messages.ts'

const nothing = async () => undefined

test('a response with control characters is recorded, and the e-mail not sent again', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  let sent = 0
  const mailer = {
    async send(_: unknown, begin: () => Promise<boolean>) {
      await begin()
      sent += 1
      return { kind: 'accepted' as const, response: '250 \u0000queued\u001b[2J \ud83dfor ada-0@example.org\n\u0085' }
    },
    close: () => undefined,
  }
  const send = () => sendMessages(database, 'accepted', async () => null, nothing, nothing, { mailer })
  await send()
  expect(await messagesWithIds(database, ids)).toMatchObject([
    { state: 'sent', result: '250 \ufffdqueued\ufffd[2J \ufffdfor a…@example.org\n\ufffd' },
  ])
  await send()
  expect(sent).toBe(1)
})
