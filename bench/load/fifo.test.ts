import { expect, test } from 'vitest'
import { Fifo } from './fifo.ts'

test('items come out in the order in which they were added, also after many of them', () => {
  const fifo = new Fifo([0, 1])
  for (let n = 2; n < 20_000; n += 1) {
    fifo.put(n)
    expect(fifo.take()).toBe(n - 2)
  }
  expect([fifo.take(), fifo.take(), fifo.take()]).toEqual([19_998, 19_999, undefined])
})
