// Completeness: this test does not list who may call an operation of accounts
import { accountOperations, type Operation, secondFactorOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { call, serverOfFile, signUp } from '../../../test/running-server.ts'

type Id = keyof typeof accountOperations | keyof typeof secondFactorOperations

const operations = Object.entries({ ...accountOperations, ...secondFactorOperations }) as [Id, Operation][]
const openToAnyone: Id[] = [
  'signUp',
  'signIn',
  'signInWithCode',
  'getPasskeySignIn',
  'signInWithPasskey',
  'signOut',
  'getSession',
  'requestPasswordReset',
  'resetPassword',
  'undoEmailChange',
  'getJwks',
]
const guarded = operations.filter(([, { access }]) => access !== 'anyone')
const open = operations.filter(([, { access }]) => access === 'anyone')

const server = await serverOfFile()

type Sent = { bearer?: string; body?: unknown }

const send = ({ method, url }: Operation, { body, ...sent }: Sent) =>
  call(`${server.url}${url}`, { method, ...sent, ...(method === 'GET' ? {} : { body: body ?? {} }) })

test('only the operations listed here are open to anyone; all others are for accounts', () => {
  expect(open.map(([id]) => id).sort()).toEqual([...openToAnyone].sort())
  expect(new Set(guarded.map(([, { access }]) => access))).toEqual(new Set(['account']))
})

/** What is sent without an account: nothing, a body that is not valid, the manage token of a booking. */
const strangers: Sent[] = [{}, { body: '{' }, { bearer: `hfm_${'A'.repeat(60)}` }]

async function outcomesOf(operation: Operation) {
  const replies = await Promise.all(strangers.map((sent) => send(operation, sent)))
  return replies.map(({ status, body, headers }) => [status, body.code, headers.get('www-authenticate')])
}

const refused = strangers.map(() => [401, 'unauthenticated', expect.stringContaining('Bearer')])

test.for(guarded)('%s without an account: 401, also of a body that is not valid', async ([, operation]) => {
  expect(await outcomesOf(operation)).toEqual(refused)
})

test('negative control: an operation that is open to anyone fails this check', async () => {
  for (const [, operation] of open) expect(await outcomesOf(operation)).not.toEqual(refused)
})

test.for(guarded)('%s by an account: only the request decides', async ([id, operation]) => {
  const { token } = await signUp(server.url, `${id.toLowerCase()}@example.org`)
  const { status, body } = await send(operation, { bearer: token })
  expect(body.code).not.toBe('unauthenticated')
  expect([403, 404, 500]).not.toContain(status)
})

test.for(open)('%s without an account: only the request decides', async ([, operation]) => {
  const { status, body } = await send(operation, {})
  expect(body.code).not.toBe('unauthenticated')
  expect([403, 404, 500]).not.toContain(status)
})
