import { createTestCluster, seededRandom } from '@holdfast/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { CopyStream } from './copy-stream.ts'
import { connectReplication } from './replication-client.ts'

function message(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeUInt32BE(content.length + 4, 1)
  return Buffer.concat([header, content])
}

/** Sends bytes in pieces of random sizes, as a socket does. */
function send(stream: CopyStream, bytes: Buffer, random: () => number): void {
  for (let sent = 0; sent < bytes.length; ) {
    const space = stream.space()
    const size = Math.min(1 + Math.floor(random() ** 4 * space.length), space.length, bytes.length - sent)
    expect(space.length).toBeGreaterThan(0)
    bytes.copy(space, 0, sent, sent + size)
    stream.arrived(size)
    sent += size
  }
}

it('separates the data of copies from what is for pg, whatever is read at a time', () => {
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  const messages = Array.from({ length: 400 }, (_, number) => {
    const isCopy = random() < 0.7
    const large = random() < 0.05
    const content = Buffer.alloc(Math.floor(random() * (large ? 400_000 : random() < 0.5 ? 131_097 : 50)), number)
    return { isCopy, content, bytes: message(isCopy ? 'd' : 'D', content) }
  })
  const copied: Buffer[] = []
  const passed: Buffer[] = []
  const stream = new CopyStream((bytes) => passed.push(bytes))
  stream.onCopyData = (data) => copied.push(Buffer.from(data))
  send(stream, Buffer.concat(messages.map(({ bytes }) => bytes)), random)
  // Messages that are too large for the buffer are left to pg.
  const isPassed = ({ isCopy, bytes }: (typeof messages)[number]) => !isCopy || bytes.length > 256 * 1024
  const expected = messages.filter((one) => !isPassed(one)).map(({ content }) => content)
  expect(copied.length, `seed ${seed}`).toBe(expected.length)
  expect(Buffer.concat(copied).equals(Buffer.concat(expected)), `seed ${seed}`).toBe(true)
  const rest = Buffer.concat(messages.filter(isPassed).map(({ bytes }) => bytes))
  expect(Buffer.concat(passed).equals(rest), `seed ${seed}`).toBe(true)
})

it('leaves everything to pg while nobody takes the data of a copy', () => {
  const passed: Buffer[] = []
  const stream = new CopyStream((bytes) => passed.push(bytes))
  const bytes = Buffer.concat([message('W', Buffer.from([0, 0, 0])), message('d', Buffer.from('data'))])
  send(stream, bytes, seededRandom(1))
  expect(Buffer.concat(passed).equals(bytes)).toBe(true)
})

it('is not used where TLS is negotiated, which begins with a byte that is no message', async () => {
  const cluster = await createTestCluster()
  onTestFinished(cluster.end)
  const url = `${cluster.ownerUrl}${cluster.ownerUrl.includes('?') ? '&' : '?'}sslmode=verify-full`
  await expect(connectReplication(url)).rejects.toThrow(/does not support SSL/)
})
