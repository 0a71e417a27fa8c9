import { createTestCluster, until } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { parseLsn, segmentStart } from './lsn.ts'
import { connectReplication, identifyServer } from './replication-client.ts'
import { WalReceiver } from './wal-receiver.ts'

test('a position is reached when all segments before it are stored, and those that become full meanwhile', async () => {
  const cluster = await createTestCluster()
  const client = await connectReplication(cluster.ownerUrl)
  const { timeline, walSegmentBytes: segmentBytes } = await identifyServer(client)
  const lsnOf = async (expression: string) =>
    parseLsn((await cluster.ownerPool.query(`select ${expression}::text as lsn`)).rows[0].lsn)
  /** Fills the segment in progress. */
  const fill = async () => {
    await cluster.ownerPool.query(`select pg_logical_emit_message(true, 'test', '')`)
    await lsnOf('pg_switch_wal()')
  }
  await cluster.ownerPool.query(`select pg_create_physical_replication_slot('test', true)`)
  const stored: PromiseWithResolvers<void>[] = []
  const receiver = new WalReceiver({
    client,
    slot: 'test',
    timeline,
    segmentBytes,
    startLsn: segmentStart(await lsnOf('pg_current_wal_lsn()'), segmentBytes),
    onFull() {
      const segment = Promise.withResolvers<void>()
      stored.push(segment)
      return segment.promise
    },
  })
  onTestFinished(async () => {
    receiver.stop()
    await client.end().catch(() => undefined)
    await cluster.end()
  })

  await fill()
  await until(async () => stored[0], 'a full segment')
  const mark = await lsnOf('pg_current_wal_flush_lsn()')
  let isReached = false
  const reached = receiver.reached(mark).then(() => {
    isReached = true
  })
  await fill()
  await until(
    async () => receiver.receivedLsn >= segmentStart(mark, segmentBytes) + BigInt(segmentBytes),
    'another full segment',
  )
  stored[0]?.resolve()
  await until(async () => stored[1], 'the other segment to be stored')
  await new Promise(setImmediate)
  expect(isReached).toBe(false)
  stored[1]?.resolve()
  await reached
})
