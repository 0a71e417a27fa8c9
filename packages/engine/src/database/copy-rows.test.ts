import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { databaseProxy } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { connectClient } from './connect-client.ts'
import { copyRows } from './copy-rows.ts'

const copyDone = Buffer.from([0x63, 0, 0, 0, 4])
const rows = { select: 'select generate_series(1, 251)', into: 'copied (n)' }

/** Two connections. What the source sends after CopyDone comes, or the connection ends, when the target has written. */
const test = base.extend('afterCopyDone', async ({ database }, { onCleanup }) => {
  const whole = await databaseProxy(database.ownerUrl)
  let target: Awaited<ReturnType<typeof connectClient>> | undefined
  let isLost = false
  const server = createServer((inner) => {
    const outer = connect(Number(new URL(whole.url).port), '127.0.0.1')
    inner.pipe(outer)
    outer.on('data', (data) => {
      if (typeof data === 'string') throw new Error('No encoding is set.')
      const at = data.indexOf(copyDone)
      if (at < 0) return void inner.write(data)
      inner.write(data.subarray(0, at + copyDone.length))
      target?.once('drain', () => {
        if (isLost) inner.destroy()
        else inner.write(data.subarray(at + copyDone.length))
      })
    })
    for (const socket of [inner, outer]) socket.on('error', () => undefined)
    inner.on('close', () => outer.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(whole.url)
  url.port = String((server.address() as AddressInfo).port)
  const source = await connectClient({ url: url.href, name: 'holdfast test' })
  target = await connectClient({ url: database.ownerUrl, name: 'holdfast test' })
  onCleanup(async () => {
    await Promise.allSettled([source.end(), target?.end()])
    server.close()
    await whole.end()
  })
  await target.query('create temp table copied (n integer)')
  return {
    source,
    target,
    lose: () => {
      isLost = true
    },
  }
})

test('the number of rows that the source names after the last one is waited for', async ({ afterCopyDone }) => {
  const { source, target } = afterCopyDone
  expect(await copyRows(source, target, rows)).toBe(251)
  expect((await source.query('select 1 as n')).rows).toEqual([{ n: 1 }])
})

test('a source that is lost after the last row fails the copy', async ({ afterCopyDone }) => {
  const { source, target, lose } = afterCopyDone
  lose()
  await expect(copyRows(source, target, rows)).rejects.toThrow('Connection terminated unexpectedly')
})
