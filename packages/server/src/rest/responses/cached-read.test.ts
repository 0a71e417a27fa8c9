import { expect, test } from 'vitest'
import { requestedPosition } from './cached-read.ts'

type Deps = Parameters<typeof requestedPosition>[0]

const tail = { epoch: 3, horizon: 500n, transactionAt: () => 42n }
const requested = (position: string) =>
  requestedPosition(
    { freshness: { tail } as unknown as Deps['freshness'] },
    { headers: { 'holdfast-position': position } },
  )

test('a position of an earlier epoch is replaced by the current one', () => {
  expect(requested('2.9000')).toEqual({ readAfter: 42n, headers: { 'holdfast-position': '3.499' } })
})

test('a position of this epoch, or of a later one that this server has not noticed yet, is not replaced', () => {
  for (const position of ['3.9000', '4.10']) {
    expect(requested(position)).toEqual({ readAfter: 42n, headers: null })
  }
})
