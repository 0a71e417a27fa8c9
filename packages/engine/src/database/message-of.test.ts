import { expect, test } from 'vitest'
import { NodeUnusable } from '../shards/nodes/nodes-of.ts'
import { ShardNotWritten } from '../shards/placement/write-shard-schemas.ts'
import { messageOf } from './message-of.ts'

/** Of a host name with two addresses, as Node throws it. */
const refused = new AggregateError([
  new Error('connect ECONNREFUSED ::1:5432'),
  new Error('connect ECONNREFUSED 127.0.0.1:5432'),
])

test('a refused connection to several addresses is described by each of them', () => {
  expect(refused.message).toBe('')
  const both = 'connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432'
  expect(messageOf(refused)).toBe(both)
  const node = { host: 'node', port: 5432, groupId: 1, getsShards: true, ownerUrl: '' }
  expect(new NodeUnusable(node, refused).message).toBe(`node:5432 cannot be used: ${both}`)
  const notWritten = `The shard holdfast_1 cannot be written on node:5432: ${both}`
  expect(new ShardNotWritten('holdfast_1', node, refused).message).toBe(notWritten)
})

test('a message is one line, and says which file is missing', () => {
  expect(messageOf(new Error('first\n  second'))).toBe('first second')
  expect(messageOf(new Error(''))).toBe('Error')
  expect(messageOf(Object.assign(new Error(''), { code: 'EPIPE' }))).toBe('EPIPE')
  expect(messageOf(new AggregateError([]))).toBe('AggregateError')
  expect(messageOf('thrown text')).toBe('thrown text')
  const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/nowhere' })
  expect(messageOf(missing)).toBe('there is no file or directory /nowhere')
  // The directory that should have it may be missing.
  expect(messageOf(Object.assign(missing, { syscall: 'mkdir' }))).toBe('ENOENT')
})
