import { expect, test } from 'vitest'
import { isRedisUrl, redisOptions } from './redis-address.ts'

test('one server: host, port, credentials, database, TLS', () => {
  expect(redisOptions('redis://localhost')).toMatchObject({ host: 'localhost', port: 6379, db: 0 })
  expect(redisOptions('redis://:p%40ss@10.0.0.5:6380/2')).toMatchObject({
    host: '10.0.0.5',
    port: 6380,
    username: undefined,
    password: 'p@ss',
    db: 2,
  })
  expect(redisOptions('rediss://user:secret@[2001:db8::1]:6379/')).toMatchObject({
    host: '2001:db8::1',
    username: 'user',
    password: 'secret',
    tls: {},
  })
})

test('Sentinel: several hosts and the name that they watch', () => {
  expect(redisOptions('redis+sentinel://:secret@a,b:26380/bookings/1?sentinelPassword=other')).toMatchObject({
    name: 'bookings',
    sentinels: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 26_380 },
    ],
    password: 'secret',
    sentinelPassword: 'other',
    db: 1,
  })
  expect(redisOptions('rediss+sentinel://a/bookings')).toMatchObject({ tls: {}, enableTLSForSentinelMode: true })
})

test.each([
  'localhost:6379',
  'http://localhost',
  'redis://',
  'redis://a,b',
  'redis://a:70000',
  'redis://a/b',
  'redis://a/0/1',
  'redis://a?x=1',
  'redis+sentinel://a,b',
  'redis+sentinel://a,,b/bookings',
  'redis://a b',
])('%s is no URL of Redis', (text) => {
  expect(isRedisUrl(text)).toBe(false)
})
