import { createServer } from 'node:http'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

test('a port used by another program is an error; one used by Holdfast is not', async ({ database }) => {
  let body = 'something else'
  const other = createServer((_, response) => response.end(body))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const portState = async () => {
    const { out } = await runCaptured(['doctor', '--json'], { DATABASE_URL: database.ownerUrl, PORT: port })
    const { checks } = JSON.parse(out[0] ?? '') as { checks: { name: string; state: string }[] }
    return checks.find(({ name }) => name === 'port')?.state
  }
  expect(await portState()).toBe('error')
  body = JSON.stringify({ info: { title: 'Holdfast' } })
  expect(await portState()).toBe('ok')
  await new Promise((resolve) => other.close(resolve))
})
