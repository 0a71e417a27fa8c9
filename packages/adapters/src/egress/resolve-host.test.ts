import { createSocket, type RemoteInfo } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { resolveHost } from './resolve-host.ts'

const typeA = 1

/** A nameserver with one address for every name; null: it never answers. Counts its queries. */
async function aNameserver(address: readonly [number, number, number, number] | null) {
  const socket = createSocket('udp4')
  const asked = { count: 0 }
  socket.on('message', (query: Buffer, sender: RemoteInfo) => {
    asked.count += 1
    if (address !== null) socket.send(responseTo(query, address), sender.port, sender.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { nameservers: [`127.0.0.1:${socket.address().port}`], asked }
}

/** RFC 1035: the header, the question, and for a question of type A one answer. */
function responseTo(query: Buffer, address: readonly number[]): Buffer {
  const header = Buffer.from(query.subarray(0, 12))
  const questionEnd = query.indexOf(0, 12) + 5
  const isA = query.readUInt16BE(questionEnd - 4) === typeA
  header.writeUInt16BE(0x81_80, 2)
  header.writeUInt16BE(isA ? 1 : 0, 6)
  // No additional records, as the query may have one (EDNS).
  header.writeUInt16BE(0, 10)
  const answer = Buffer.from([0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4, ...address])
  return Buffer.concat([header, query.subarray(12, questionEnd), ...(isA ? [answer] : [])])
}

test('a name is looked up in the DNS', async () => {
  const { nameservers } = await aNameserver([93, 184, 216, 34])
  expect(await resolveHost('clinic.example', { allowPrivate: false, nameservers })).toEqual([
    { address: '93.184.216.34', family: 4 },
  ])
})

test('names whose nameserver never answers delay no other look-up of the process', async () => {
  const { nameservers, asked } = await aNameserver(null)
  const silent = Array.from({ length: 20 }, (_, n) =>
    resolveHost(`h${n}.example`, { allowPrivate: false, nameservers, timeoutMs: 4_000 }).catch(Object),
  )
  const first = await Promise.race([lookup('localhost').then(() => 'localhost'), ...silent])
  expect(first).toBe('localhost')
  for (const error of await Promise.all(silent)) {
    expect(['ETIMEOUT', 'ECANCELLED', 'ECONNREFUSED']).toContain(error.code)
  }
  // Each by two queries at least, of which none waited for another.
  expect(asked.count).toBeGreaterThanOrEqual(40)
})

test('names of this machine are found only where they are allowed', async () => {
  const nameservers = ['127.0.0.1:1']
  const found = await resolveHost('localhost', { allowPrivate: true, nameservers })
  expect(found.map(({ address }) => address)).toContain('127.0.0.1')
  const error = await resolveHost('localhost', { allowPrivate: false, nameservers }).catch(Object)
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})
