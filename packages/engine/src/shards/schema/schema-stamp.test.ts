import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { hasStamp, stampOf, writeStamp } from './schema-stamp.ts'

test('a schema has its stamp until its source or one of its tables is another', async ({ database }) => {
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin; create schema holdfast_1; create table holdfast_1.a (); create table holdfast_1.b ()')
    const relations = ['holdfast_1.a', 'holdfast_1.b']
    const stamp = () => stampOf(client, { relations, source: ['one'] })
    const isWritten = async (source: string) =>
      hasStamp(client, 'holdfast_1', await stampOf(client, { relations, source: [source] }))
    expect(await isWritten('one')).toBe(false)
    await writeStamp(client, 'holdfast_1', await stamp())
    expect(await isWritten('one')).toBe(true)
    expect(await isWritten('another release')).toBe(false)

    await client.query('drop table holdfast_1.b')
    expect(await isWritten('one')).toBe(false)
    // As a shard that comes back to a node.
    await client.query('create table holdfast_1.b ()')
    expect(await isWritten('one')).toBe(false)
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('a schema that is not there has no stamp', async ({ database }) => {
  const client = await database.ownerPool.connect()
  try {
    const stamped = { relations: ['holdfast.clinic'], source: [] }
    expect(await hasStamp(client, 'holdfast_2', await stampOf(client, stamped))).toBe(false)
    expect(await stampOf(client, { relations: ['holdfast_2.clinic'], source: [] })).toBeNull()
    expect(await hasStamp(client, 'holdfast', null)).toBe(false)
  } finally {
    client.release()
  }
})
