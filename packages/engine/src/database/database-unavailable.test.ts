import { createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isConnectionLost, isNotWritable, mayHaveRun } from './database-unavailable.ts'
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
  ['28P01, a wrong password', '28P01', [false, false, true]],
] as const)('%s: lost, not writable, may have run', async ([, code, expected]) => {
  const error = await errorOf(await refusingServer(code))
  expect(error).toMatchObject({ code })
  expect([isConnectionLost(error), isNotWritable(error), mayHaveRun(error)]).toEqual(expected)
})
