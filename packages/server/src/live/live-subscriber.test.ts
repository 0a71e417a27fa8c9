import type { LiveServerMessage } from '@holdfast/contract'
import { describe, expect, test } from 'vitest'
import { LiveFrame } from './live-frame.ts'
import { LiveSubscriber } from './live-subscriber.ts'

const slots = (doctorId: string, slotId: string, available: number, position: string) =>
  new LiveFrame({ type: 'slots' as const, doctorId, items: [{ id: slotId, available }], position })
const resync = (doctorId: string, position: string) =>
  new LiveFrame({ type: 'resync' as const, doctorIds: [doctorId], position })

function aSubscriber() {
  const sent: LiveServerMessage[] = []
  const beats: string[] = []
  const client = { bufferedBytes: 0, isDestroyed: false }
  const subscriber = new LiveSubscriber(
    {
      kind: 'socket',
      send: (frame) => sent.push(frame.message),
      bufferedBytes: () => client.bufferedBytes,
      end: () => undefined,
      destroy: () => {
        client.isDestroyed = true
      },
      beat: (position) => beats.push(position),
    },
    100,
    () => undefined,
  )
  return { subscriber, sent, beats, client }
}

describe('a subscriber that follows', () => {
  test('is sent each message at once', () => {
    const { subscriber, sent, beats } = aSubscriber()
    expect(subscriber.subscribe(['a'], '10', null)).toBe(false)
    expect(subscriber.offer(slots('a', 'a1', 3, '11'))).toBe(true)
    expect(sent).toEqual([
      { type: 'subscribed', doctorIds: ['a'], position: '10' },
      { type: 'slots', doctorId: 'a', items: [{ id: 'a1', available: 3 }], position: '11' },
    ])
    subscriber.beat('12')
    expect(beats).toEqual(['12'])
  })

  test('that resumes and has missed nothing gets the current position', () => {
    const { subscriber, sent } = aSubscriber()
    expect(subscriber.subscribe(['a'], '10', { after: '5', slotIds: new Map(), unknown: [] })).toBe(false)
    expect(sent).toEqual([{ type: 'subscribed', doctorIds: ['a'], position: '10' }])
  })
})

describe('a subscriber that catches up', () => {
  const missed = {
    after: '5',
    slotIds: new Map([
      ['a', ['a1', 'a2']],
      ['b', ['b1']],
    ]),
    unknown: [],
  }

  test('gets the slots it missed; until the last of them it would resume from the old position', () => {
    const { subscriber, sent, beats } = aSubscriber()
    expect(subscriber.subscribe(['a', 'b'], '10', missed)).toBe(true)
    subscriber.beat('11')
    expect(subscriber.missedSlotIds).toEqual(['a1', 'a2', 'b1'])
    // The slot a2 does not exist any more.
    subscriber.catchUp(
      new Map([
        ['a1', 1],
        ['b1', 2],
      ]),
      '12',
    )
    subscriber.beat('13')
    expect(sent).toEqual([
      { type: 'subscribed', doctorIds: ['a', 'b'], position: '5' },
      { type: 'slots', doctorId: 'a', items: [{ id: 'a1', available: 1 }], position: '5' },
      { type: 'slots', doctorId: 'b', items: [{ id: 'b1', available: 2 }], position: '12' },
    ])
    expect(beats).toEqual(['5', '13'])
  })

  test('gets the newer value of a slot that changes meanwhile, and the other changes too', () => {
    const { subscriber, sent } = aSubscriber()
    subscriber.subscribe(['a', 'b', 'c'], '10', missed)
    expect(subscriber.offer(slots('a', 'a1', 7, '11'))).toBe(true)
    subscriber.offer(slots('c', 'c1', 8, '11'))
    expect(sent).toHaveLength(1)
    subscriber.catchUp(
      new Map([
        ['a1', 1],
        ['a2', 2],
        ['b1', 3],
      ]),
      '12',
    )
    expect(sent.slice(1)).toMatchObject([
      {
        items: [
          { id: 'a1', available: 7 },
          { id: 'a2', available: 2 },
        ],
        position: '5',
      },
      { items: [{ id: 'b1', available: 3 }], position: '5' },
      { items: [{ id: 'c1', available: 8 }], position: '12' },
    ])
    subscriber.offer(slots('a', 'a1', 6, '13'))
    expect(sent).toHaveLength(5)
  })

  test('gets a resync of the doctors that are not known, or changed as a whole', () => {
    const { subscriber, sent } = aSubscriber()
    subscriber.subscribe(['a', 'b', 'c'], '10', { ...missed, unknown: ['c'] })
    subscriber.offer(resync('b', '11'))
    // Too late: the list will be read again.
    subscriber.offer(slots('b', 'b1', 0, '11'))
    subscriber.catchUp(
      new Map([
        ['a1', 1],
        ['b1', 3],
      ]),
      '12',
    )
    expect(sent.slice(1)).toEqual([
      { type: 'slots', doctorId: 'a', items: [{ id: 'a1', available: 1 }], position: '5' },
      { type: 'resync', doctorIds: ['c', 'b'], position: '12' },
    ])
  })

  test('gets a resync at once if nothing has to be read', () => {
    const { subscriber, sent } = aSubscriber()
    expect(subscriber.subscribe(['a'], '10', { after: '99', slotIds: new Map(), unknown: ['a'] })).toBe(false)
    expect(sent).toEqual([
      { type: 'subscribed', doctorIds: ['a'], position: '99' },
      { type: 'resync', doctorIds: ['a'], position: '10' },
    ])
  })

  test('gets a resync if the slots cannot be read, or too many of them change', () => {
    for (const unreadable of [true, false]) {
      const { subscriber, sent } = aSubscriber()
      subscriber.subscribe(['a', 'b'], '10', missed)
      for (let n = 0; n < 1_000; n += 1) subscriber.offer(slots('a', `other ${n}`, 1, '11'))
      subscriber.catchUp(unreadable ? null : new Map([['b1', 3]]), '12')
      expect(sent.at(-1)).toEqual({ type: 'resync', doctorIds: unreadable ? ['a', 'b'] : ['a'], position: '12' })
    }
  })

  test('is sent nothing about a doctor from whom it unsubscribed, and a resync of one it added', () => {
    const { subscriber, sent } = aSubscriber()
    subscriber.subscribe(['a', 'b'], '10', missed)
    subscriber.unsubscribe('a')
    expect(subscriber.subscribe(['c'], '11', null)).toBe(false)
    subscriber.catchUp(
      new Map([
        ['a1', 1],
        ['b1', 3],
      ]),
      '12',
    )
    expect(sent.slice(1)).toEqual([
      { type: 'subscribed', doctorIds: ['c'], position: '5' },
      { type: 'slots', doctorId: 'b', items: [{ id: 'b1', available: 3 }], position: '5' },
      { type: 'resync', doctorIds: ['c'], position: '12' },
    ])
  })
})

describe('a subscriber that is behind', () => {
  function aSlowOne() {
    const scene = aSubscriber()
    scene.subscriber.subscribe(['a', 'b'], '10', null)
    scene.client.bufferedBytes = 101
    expect(scene.subscriber.offer(slots('a', 'a1', 3, '11'))).toBe(false)
    return scene
  }

  test('is sent nothing until it has read enough, then one resync', () => {
    const { subscriber, sent, client } = aSlowOne()
    client.bufferedBytes = 26
    expect(subscriber.offer(slots('a', 'a1', 2, '12'))).toBe(false)
    expect(subscriber.recover('12', 60_000)).toBe(true)
    expect(sent).toHaveLength(1)
    client.bufferedBytes = 25
    expect(subscriber.recover('12', 60_000)).toBe(false)
    expect(subscriber.offer(slots('b', 'b1', 2, '13'))).toBe(true)
    expect(sent.slice(1)).toMatchObject([{ type: 'resync', doctorIds: ['a'], position: '12' }, { type: 'slots' }])
    expect(client.isDestroyed).toBe(false)
  })

  test('is not sent a newer position, from which it would resume without what it missed', () => {
    const { subscriber, sent, beats } = aSlowOne()
    subscriber.beat('12')
    subscriber.subscribe(['c'], '12', null)
    expect(beats).toEqual(['10'])
    expect(sent.at(-1)).toEqual({ type: 'subscribed', doctorIds: ['c'], position: '10' })
  })

  test('is disconnected when it takes too long', () => {
    const { subscriber, client } = aSlowOne()
    expect(subscriber.recover('12', -1)).toBe(true)
    expect(client.isDestroyed).toBe(true)
    subscriber.close()
    expect(subscriber.recover('12', -1)).toBe(false)
    expect(subscriber.offer(slots('a', 'a1', 3, '11'))).toBe(true)
  })
})
