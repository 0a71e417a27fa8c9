import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { keys, openDirectory, scratchDirectory } from '../../test/backed-up-cluster.ts'
import type { ObjectStore } from '../object-store/index.ts'
import { bindStore } from './bind-store.ts'
import { loadOpener, loadSealer } from './index.ts'

let place: string
let store: ObjectStore

beforeEach(async () => {
  const scratch = await scratchDirectory()
  onTestFinished(scratch.remove)
  place = join(scratch.path, 'backups')
  store = openDirectory(place)
})

const recipientOf = async () => (await loadSealer(store, keys)).recipient

describe('the identity of a new place', () => {
  it('is one, when two processes find none and both create one', async () => {
    const program = fileURLToPath(new URL('../../test/load-sealer-process.ts', import.meta.url))
    // Deriving a key from the passphrase takes a second of a thread, so two calls in one process would not overlap.
    const processes = [fork(program, [place]), fork(program, [place])]
    const messages = async () =>
      (await Promise.all(processes.map((child) => once(child, 'message')))).map(([text]) => text)
    expect(await messages()).toEqual(['missing', 'missing'])
    const received = messages()
    for (const child of processes) child.send('go on')
    const [first, second] = await received
    expect(first).toMatch(/^age1/)
    expect(second).toBe(first)
    const opener = await loadOpener(store, keys, first)
    const sealed = await (await loadSealer(store, keys)).seal(Buffer.from('a booking'))
    expect(Buffer.from(await opener.open(sealed)).toString()).toBe('a booking')
  })

  it('is not created where backups are, whose own was lost', async () => {
    await loadSealer(store, keys)
    const keysOfObjects = [
      'base/20270301T101500Z-1a2b3c4d/part-000001.age',
      'wal/1a2b3c4d/archive.json',
      'erasures/1.age',
    ]
    for (const key of keysOfObjects) {
      await store.put(key, Buffer.from('x'))
      await rm(join(place, 'key.age'), { force: true })
      await expect(loadSealer(store, keys)).rejects.toThrow(/has backups, but not key.age, .* Put the file back/)
      expect(await store.get('key.age')).toBeNull()
      await store.remove([key])
    }
    expect(await recipientOf()).toMatch(/^age1/)
  })

  it('is the one of another process that began while this one looked', async () => {
    let reads = 0
    const late: ObjectStore = {
      ...store,
      async get(key) {
        reads += 1
        if (reads > 1) return store.get(key)
        await loadSealer(store, keys)
        await store.put('wal/1a2b3c4d/archive.json', Buffer.from('{}'))
        return null
      },
    }
    expect((await loadSealer(late, keys)).recipient).toBe(await recipientOf())
  })
})

it('a passphrase is made expensive to guess: deriving the key takes 2¹⁸ rounds of scrypt', async () => {
  const { scryptWorkFactor: _little, ...byDefault } = keys
  await loadSealer(store, byDefault)
  const [, stanza] = (await readFile(join(place, 'key.age'), 'latin1')).split('\n')
  expect(stanza).toMatch(/^-> scrypt \S+ 18$/)
  // 2 s, and many times that while coverage is measured: the derivation is not native.
})

describe('a sealer', () => {
  it('confirms that its identity is stored, and refuses when it is gone or replaced', async () => {
    const sealer = await loadSealer(store, keys)
    await sealer.confirm()
    const path = join(place, 'key.age')
    const own = await readFile(path)
    await rm(path)
    await expect(sealer.confirm()).rejects.toThrow(/is empty: another disk may be mounted there/)
    await store.put('base/1/part', Buffer.from('x'))
    await expect(sealer.confirm()).rejects.toThrow(/has backups, but not key.age/)
    await store.remove(['base/1/part'])
    await loadSealer(store, keys)
    await expect(sealer.confirm()).rejects.toThrow(/key.age in .* was replaced: this process encrypts for age1/)
    await writeFile(path, own)
    await sealer.confirm()
  })

  it('for a recipient has nothing to confirm', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity())
    await (await loadSealer(store, { recipient, passphrase: null, identity: null })).confirm()
    expect(await store.list('')).toEqual([])
  })
})

describe('a new place', () => {
  it('belongs to one of two installations that find it empty', async () => {
    const bothRead = Promise.withResolvers<void>()
    let reads = 0
    const waiting: ObjectStore = {
      ...store,
      async get(key) {
        const found = await store.get(key)
        reads += 1
        if (reads === 2) bothRead.resolve()
        await bothRead.promise
        return found
      },
    }
    const claims = ['7000000000000000001', '7000000000000000002'].map((installation) =>
      bindStore(waiting, installation),
    )
    const outcomes = await Promise.allSettled(claims)
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(String(outcomes.find((outcome) => outcome.status === 'rejected')?.reason)).toMatch(/another installation/)
  })
})
