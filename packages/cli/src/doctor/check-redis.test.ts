import { expect, test } from 'vitest'
import { checkRedis } from './check-redis.ts'

test('a Redis that cannot be reached is a warning, which does not show the password', async () => {
  const check = await checkRedis('redis://:not-to-be-shown@127.0.0.1:1')
  expect(check).toMatchObject({ name: 'Redis', state: 'warning', found: expect.stringContaining('ECONNREFUSED') })
  expect(JSON.stringify(check)).not.toContain('not-to-be-shown')
})
