import { describe, expect, test } from 'vitest'
import { ConnectionSlots } from './connection-slots.ts'

describe('connection slots', () => {
  test('are limited in total and per address; each is released once', () => {
    const slots = new ConnectionSlots(3, 2)
    const first = slots.take('a')
    const second = slots.take('a')
    expect(slots.take('a')).toBe('full_for_address')
    const third = slots.take('b')
    expect(slots.take('c')).toBe('full')
    for (const release of [first, first, first]) if (typeof release === 'function') release()
    expect(slots.count).toBe(2)
    expect(slots.take('a')).toBeTypeOf('function')
    expect(slots.take('c')).toBe('full')
    for (const release of [second, third]) if (typeof release === 'function') release()
    expect(slots.count).toBe(1)
  })

  test('without a limit per address only the total is limited', () => {
    const slots = new ConnectionSlots(300, null)
    for (let n = 0; n < 300; n += 1) expect(slots.take('a')).toBeTypeOf('function')
    expect(slots.take('b')).toBe('full')
  })
})
