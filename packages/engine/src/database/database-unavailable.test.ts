import { createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isConnectionLost, isLockLost, isNotWritable, isTransient, mayHaveRun } from './database-unavailable.ts'
import { createPool } from './pools.ts'

/** Answers every connection as PostgreSQL does when it refuses it: with an ErrorResponse, before any statement. */
async function refusingServer(code: string): Promise<string> {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mrefused by the test\0\0`, 'latin1')
  const head = Buffer.alloc(5)
  head.write('E', 0, 'latin1')
  head.writeInt32BE(4 + fields.length, 1)
  const server: Server = createServer((socket) => {
    socket.once('data', () => socket.end(Buffer.concat([head, fields])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `postgres://nobody:secret@127.0.0.1:${address.port}/holdfast`
}

async function errorOf(url: string): Promise<unknown> {
  const pool = createPool({ url, max: 1, name: 'test' })
  try {
    return await pool.query('select 1').then(
      () => 'no error',
      (error: unknown) => error,
    )
  } finally {
    await pool.end()
  }
}

test.for([
  ['57P03, a server that is starting or stopping', '57P03', [true, true, false]],
  ['53300, one that has no connection left', '53300', [true, false, false]],
  ['57P01, one that ends the session', '57P01', [true, false, true]],
  ['28P01, a wrong password', '28P01', [false, false, false]],
] as const)('%s: lost, not writable, may have run', async ([, code, expected]) => {
  const error = await errorOf(await refusingServer(code))
  expect(error).toMatchObject({ code })
  expect([isConnectionLost(error), isNotWritable(error), mayHaveRun(error)]).toEqual(expected)
})

const withCode = (code: string) => Object.assign(new Error('refused'), { code })
const ofSystem = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall })

test.for<[string, unknown, boolean]>([
  ['a connection refused', ofSystem('ECONNREFUSED', 'connect'), false],
  [
    'one refused at each address',
    new AggregateError([ofSystem('ECONNREFUSED', 'connect'), ofSystem('ECONNREFUSED', 'connect')]),
    false,
  ],
  ['a name that is not found', ofSystem('ENOTFOUND', 'getaddrinfo'), false],
  ['a pool without a free connection in time', new Error('timeout exceeded when trying to connect'), false],
  ['no connection left', withCode('53300'), false],
  ['a value out of range', withCode('22003'), false],
  ['a broken constraint', withCode('23514'), false],
  ['a deadlock', withCode('40P01'), false],
  ['a demoted primary', withCode('25006'), false],
  ['a connection reset', ofSystem('ECONNRESET', 'read'), true],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), true],
  ['no response in time', new Error('Query read timeout'), true],
  ['a session that was ended', withCode('57P01'), true],
  ['a completion that is unknown', withCode('40003'), true],
  ['a lost connection', withCode('08006'), true],
  ['a bug', new TypeError('x is not a function'), true],
  ['what is no error', 'text', true],
])('%s: whether the write may have run', ([, error, expected]) => {
  expect(mayHaveRun(error)).toBe(expected)
})

test.for(['55P03', '57014', '40P01', '40001', '53200'])('a database too busy (%s) has written nothing', (code) => {
  expect([isTransient(withCode(code)), mayHaveRun(withCode(code))]).toEqual([true, false])
})

test.for(['23514', '40003', '42501'])('%s does not mean that the database is too busy', (code) => {
  expect(isTransient(withCode(code))).toBe(false)
})

test.for([
  ['55P03', true],
  ['40P01', true],
  ['57014', false],
] as const)('%s: whether the statement has not got a lock', ([state, expected]) => {
  expect(isLockLost(withCode(state))).toBe(expected)
})
