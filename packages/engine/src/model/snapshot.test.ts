import { describe, expect, test } from 'vitest'
import { parseSnapshot, parseXid } from './snapshot.ts'

describe('a snapshot', () => {
  test('sees what ended below xmax, and nothing that was running', () => {
    const snapshot = parseSnapshot('10:20:10,14')
    expect([9, 10, 11, 13, 14, 15, 19, 20, 21].filter((xid) => snapshot.sees(xid))).toEqual([9, 11, 13, 15, 19])
  })

  test('is before one with a later xmax, and before one of the same xmax where fewer are running', () => {
    const inOrder = ['10:20:10,14,15', '14:20:14,15', '20:20:', '10:21:10,14,15', '21:21:'].map((text) =>
      parseSnapshot(text),
    )
    for (const [index, snapshot] of inOrder.entries()) {
      for (const [otherIndex, other] of inOrder.entries()) {
        expect([index, otherIndex, snapshot.isBefore(other)]).toEqual([index, otherIndex, index < otherIndex])
      }
    }
  })

  test('lists the transaction that took it as running, as snapshots of other sessions do', () => {
    const own = parseSnapshot('12:20:14', 12)
    expect(own).toEqual(parseSnapshot('12:20:12,14'))
    expect(own.sees(12)).toBe(false)
    expect(parseSnapshot('14:20:14', 20)).toEqual(parseSnapshot('14:20:14'))
    expect(parseSnapshot('14:20:14', 14)).toEqual(parseSnapshot('14:20:14'))
  })

  test.each(['', '10', '10:20', '10:20:a', '10:20::', '-1:20:', '10:9007199254740993:'])('is not %j', (text) => {
    expect(() => parseSnapshot(text)).toThrow(RangeError)
  })

  test('numbers of transactions are exact', () => {
    expect(parseXid('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    for (const text of ['9007199254740992', '', ' 1', '1.5', '0x1']) expect(() => parseXid(text)).toThrow(RangeError)
  })
})
