import { clinicNoOf, createEngine } from '@holdfast/engine'
import type { TestDatabase } from '@holdfast/testkit'
import type pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { dueMessages, sendMessages } from '../../../test/due-messages.ts'
import { startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Query = (...parameters: unknown[]) => Promise<unknown>

const changed = <Target extends object>(target: Target, replaced: Partial<Record<keyof Target, unknown>>): Target =>
  new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(of, name)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })

/** A pool that calls this once a message is due again and that is committed, before anybody knows. */
function whenDueAgain(pool: pg.Pool, call: () => Promise<void>): pg.Pool {
  const isDueAgain = ([statement]: unknown[]) => JSON.stringify(statement).includes('sent_again_at = clock_timestamp()')
  const queryOf = (target: pg.Pool) => target.query.bind(target) as unknown as Query
  const query: Query = async (...parameters) => {
    const result = await queryOf(pool)(...parameters)
    if (isDueAgain(parameters)) await call()
    return result
  }
  const connect = async () => {
    const client = await pool.connect()
    let isWritten = false
    const queryOfClient: Query = async (...parameters) => {
      const result = await queryOf(client as unknown as pg.Pool)(...parameters)
      isWritten ||= isDueAgain(parameters)
      if (isWritten && parameters[0] === 'commit') await call()
      return result
    }
    return changed(client, { query: queryOfClient })
  }
  return changed(pool, { query, connect })
}

/** A message that was sent, and a server that calls this when it is due again. */
async function aSentMessage(database: TestDatabase, call: () => Promise<void>) {
  const [messageId = ''] = await dueMessages(database, 1)
  await sendMessages(database, 'accepted')
  const pool = whenDueAgain(database.appPool, call)
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const rest = await startRestApp(database, { replaced: { engine } })
  onTestFinished(async () => {
    await rest.stop()
    await engine.stop()
  })
  const clinicNo = clinicNoOf(messageId)
  const { rows } = await database.ownerPool.query('select id from holdfast.clinic where no = $1', [clinicNo])
  const request = { path: { clinicId: rows[0].id, messageId }, as: await rest.aMember(clinicNo, 'staff') }
  return { rest, send: (key?: string) => rest.call('sendMessage', { ...request, ...(key && { key }) }) }
}

test('a message that is sent again at once was due in the response', async ({ database }) => {
  const { send } = await aSentMessage(database, async () => void (await sendMessages(database, 'accepted')))
  expect((await send()).body).toMatchObject({ state: 'due', attempts: 0, doneAt: null })
  expect((await send()).problem).toMatchObject({ status: 429, code: 'rate_limited' })
})

test('a repetition with the key gets the lost response, also once the message is sent', async ({ database }) => {
  const { rest, send } = await aSentMessage(database, async () => {
    throw new Error('Connection terminated unexpectedly')
  })
  expect((await send('a key')).problem).toMatchObject({ status: 503, detail: expect.stringContaining('unknown') })
  const { mails } = await sendMessages(database, 'accepted')
  expect(mails).toHaveLength(1)
  const again = await send('a key')
  expect(again.body).toMatchObject({ state: 'due', attempts: 0, attemptedAt: null, doneAt: null })
  expect((await send('a key')).body).toEqual(again.body)
  expect((await send('another key')).problem).toMatchObject({ status: 429, code: 'rate_limited' })
  expect((await sendMessages(database, 'accepted')).mails).toEqual([])
  expect(rest.audited.filter(({ kind }) => kind === 'message_sent_again')).toMatchObject([
    { details: ['outcome unknown'] },
  ])
})
