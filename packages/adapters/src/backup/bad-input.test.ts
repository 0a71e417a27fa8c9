// Rest: each fault of a backup
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { until } from '@holdfast/testkit'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  type BackedUpCluster,
  createBackedUpCluster,
  keys,
  openDirectory,
  release,
  scratchDirectory,
  startContinuously,
} from '../../test/backed-up-cluster.ts'
import { type ObjectStore, ObjectStoreError, openObjectStore } from '../object-store/index.ts'
import { writeManifest } from './base-manifest.ts'
import {
  type BaseManifest,
  checkBackup,
  chooseBackup,
  loadOpener,
  loadReadingKeys,
  loadSealer,
  readCatalogue,
  refuseWithoutSpace,
  removeExpired,
  takeBaseBackup,
} from './index.ts'

let cluster: BackedUpCluster
/** A backup that each test gets a copy of. */
let template: { path: string; remove(): Promise<void> }
let place: string
let store: ObjectStore

beforeAll(async () => {
  cluster = await createBackedUpCluster()
  template = await scratchDirectory()
  await cluster.copy(openDirectory(template.path), { partBytes: 1_000_000 })
})

afterAll(async () => {
  await template.remove()
  await cluster.end()
})

beforeEach(async () => {
  const scratch = await scratchDirectory()
  onTestFinished(scratch.remove)
  place = join(scratch.path, 'backups')
  await cp(template.path, place, { recursive: true })
  store = openDirectory(place)
})

/** All that a restore does before it writes anything. */
async function check(choice: { to?: Date; id?: string; release?: string } = {}, key = keys): Promise<BaseManifest> {
  const catalogue = await readCatalogue(store)
  const backup = chooseBackup(store.name, catalogue, { to: null, id: null, release, ...choice })
  await checkBackup(store, await loadOpener(store, key, backup.manifest.recipient), backup)
  return backup.manifest
}

async function fileOf(name: string): Promise<string> {
  const [id = ''] = await readdir(join(place, 'base'))
  return join(place, 'base', id, name)
}

async function manifestOf(): Promise<BaseManifest> {
  return JSON.parse(await readFile(await fileOf('manifest.json'), 'utf8')).manifest
}

describe('a backup is refused', () => {
  it('not at all, when nothing is wrong', async () => {
    expect((await check()).parts.length).toBeGreaterThan(2)
  })

  it('when one byte of a part is another', async () => {
    const path = await fileOf('part-000002.age')
    const body = await readFile(path)
    body[5_000] = (body[5_000] ?? 0) ^ 1
    await writeFile(path, body)
    await expect(check()).rejects.toThrow(/damaged: base\/.*part-000002.age does not have its checksum/)
  })

  it('when a part is too short', async () => {
    const path = await fileOf('part-000002.age')
    await writeFile(path, (await readFile(path)).subarray(0, 100))
    await expect(check()).rejects.toThrow(/is damaged: .*part-000002.age has 100 bytes, and should have/)
  })

  it('when a part is missing', async () => {
    await rm(await fileOf('part-000002.age'))
    await expect(check()).rejects.toThrow(/is incomplete: .*part-000002.age is missing/)
  })

  it('when it has no manifest, because it was interrupted', async () => {
    await rm(await fileOf('manifest.json'))
    await expect(check()).rejects.toThrow(/is incomplete: it has no manifest/)
  })

  it('when its manifest was changed, or is not one', async () => {
    const path = await fileOf('manifest.json')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"timeline": 1', '"timeline": 2'))
    await expect(check()).rejects.toThrow(/is damaged: its manifest does not have the checksum/)
    await writeFile(path, text.slice(0, 200))
    await expect(check()).rejects.toThrow(/is damaged: its manifest can’t be read/)
  })

  it('when it was made by a newer release, also in a format that this one does not know', async () => {
    await expect(check({ release: '1.2.2' })).rejects.toThrow(/was made by Holdfast 1.2.3, and this is 1.2.2/)
    await expect(check({ release: '1.10.0' })).resolves.toBeDefined()
    await writeManifest(store, { ...(await manifestOf()), format: 3, release: '9.0.0' }, null)
    await expect(check()).rejects.toThrow(/was made by Holdfast 9.0.0: restore it with that release/)
  })

  it('with a wrong key, and without one', async () => {
    const wrong = { ...keys, passphrase: 'another passphrase' }
    await expect(check({}, wrong)).rejects.toThrow(/HOLDFAST_BACKUP_PASSPHRASE is not the passphrase/)
    const other = { passphrase: null, recipient: null, identity: await generateX25519Identity() }
    await expect(check({}, other)).rejects.toThrow(/is encrypted for age1.*, and the key is that of age1/)
    await rm(join(place, 'key.age'))
    await expect(check()).rejects.toThrow(/has backups, but not key.age/)
    const none = { passphrase: null, recipient: null, identity: null }
    await expect(loadOpener(store, none, 'age1x')).rejects.toThrow(/set HOLDFAST_BACKUP_PASSPHRASE/)
    await expect(loadSealer(store, none)).rejects.toThrow(/Backups are encrypted: set/)
  })

  it('when the moment is outside the range, which is named', async () => {
    const { endedAt } = await manifestOf()
    await expect(check({ to: new Date('2020-01-01T00:00:00Z') })).rejects.toThrow(
      `2020-01-01T00:00:00.000Z can’t be restored. The backups have ${endedAt}.`,
    )
  })

  it('when there is none', async () => {
    store = openDirectory(join(place, 'elsewhere'))
    await expect(check()).rejects.toThrow(/There is no backup in/)
    store = openDirectory(place)
    await expect(check({ id: 'x' })).rejects.toThrow(/There is no backup x in/)
  })
})

describe('a disk that is too small for a restore', () => {
  it('is named with what is needed and what is free, also for a directory that does not exist yet', async () => {
    const [backup] = (await readCatalogue(store)).backups
    if (backup === undefined) throw new Error('There is no backup.')
    const target = join(place, 'not', 'yet', 'there')
    await refuseWithoutSpace(backup, target)
    const huge = { ...backup, manifest: { ...backup.manifest, bytes: 10 ** 17 } }
    await expect(refuseWithoutSpace(huge, target)).rejects.toThrow(
      /There is no space for .*there: the backup .* needs 1000000000\d\d MB, and \d+ MB are free/,
    )
  })
})

describe('a backup by S3, for a recipient whose key is elsewhere', () => {
  it('is complete, and only that key opens it', async () => {
    const service = new S3rver({ directory: place, port: 0, silent: true, configureBuckets: [{ name: 'clinic' }] })
    const { port } = await service.run()
    onTestFinished(() => service.close())
    store = openObjectStore('s3://clinic/backups', `http://S3RVER:S3RVER@localhost:${port}`)
    const identity = await generateX25519Identity()
    const writing = { passphrase: null, recipient: await identityToRecipient(identity), identity: null }
    const sealer = await loadSealer(store, writing)
    const { ownerUrl: databaseUrl } = cluster
    const manifest = await takeBaseBackup({ databaseUrl, store, sealer, release, embedded: true, archive: null })
    expect(await check({}, { ...writing, identity })).toEqual(manifest)
    await expect(check({}, writing)).rejects.toThrow(/set HOLDFAST_BACKUP_PASSPHRASE, or HOLDFAST_BACKUP_IDENTITY/)
    const opener = await loadOpener(store, { ...writing, identity }, manifest.recipient)
    const sealed = await store.get(manifest.parts[0]?.key ?? '')
    expect((await opener.open(sealed ?? Buffer.alloc(0))).length).toBeGreaterThan(1_000_000)
  })
})

describe('a gap in the archive', () => {
  it('ends the range before it', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    for (let count = 0; count < 4; count += 1) {
      await cluster.ownerPool.query('create table gap (); drop table gap')
      await cluster.ownerPool.query('select pg_switch_wal()')
      await backups.flushed()
    }
    await backups.stop()
    const whole = (await readCatalogue(store)).backups.at(-1)
    if (whole === undefined) throw new Error('There is no backup.')
    expect(whole.wal.length).toBeGreaterThan(3)
    const [first, missing] = whole.wal
    await rm(join(place, missing?.key ?? ''))
    const rest = (await readCatalogue(store)).backups.at(-1)
    expect(rest?.wal).toEqual([first])
    await expect(check({ to: whole.until })).rejects.toThrow(
      `its WAL, ${missing?.file}, is missing in ${place}/wal/${whole.manifest.archive}`,
    )
    await expect(check()).rejects.toThrow(`its WAL, ${missing?.file}, is missing`)
    await check(rest === undefined ? {} : { to: rest.until })
  })
})

describe('a restore while backups go on', () => {
  it('reads what has replaced the last file of the archive, and misses one that is gone', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    await cluster.write()
    await backups.flushed()
    const listed = (await readCatalogue(store)).backups.at(-1)
    if (listed === undefined) throw new Error('There is no backup.')
    await cluster.write()
    await backups.flushed()
    await backups.stop()
    expect(await store.get(listed.wal.at(-1)?.key ?? '')).toBeNull()
    const opener = await loadOpener(store, keys, listed.manifest.recipient)
    await checkBackup(store, opener, listed)
    let lists = 0
    const racing: ObjectStore = { ...store, list: async (prefix) => (lists++ === 0 ? [] : store.list(prefix)) }
    await checkBackup(racing, opener, listed)
    const last = (await readCatalogue(store)).backups.at(-1)?.wal.at(-1)
    await store.remove([last?.key ?? ''])
    await expect(checkBackup(store, opener, listed)).rejects.toThrow(/is incomplete: wal\/.*partial.* is missing/)
  })
})

describe('taking a backup', () => {
  it('leaves the former one intact when the disk is full, and nothing of itself', async () => {
    const before = await sizes()
    let left = 1_500_000
    const full: ObjectStore = {
      ...store,
      async put(key, body) {
        left -= body.length
        if (left < 0) throw new ObjectStoreError('full', `There is no space left in ${place} (ENOSPC): free some.`)
        await store.put(key, body)
      },
    }
    await expect(cluster.copy(full, { partBytes: 500_000 })).rejects.toThrow(/There is no space left/)
    expect(await sizes()).toEqual(before)
    await check()
  })

  it('is refused in the place of another installation', async () => {
    await writeFile(join(place, 'holdfast-backups.json'), '{"installation":"7000000000000000001"}')
    await expect(cluster.copy(store)).rejects.toThrow(/has the backups of another installation/)
  })

  it('is refused when its key was replaced meanwhile, and leaves nothing of itself', async () => {
    const before = await sizes()
    const keyPath = join(place, 'key.age')
    const key = await readFile(keyPath)
    const elsewhere = openDirectory(join(place, '..', 'elsewhere'))
    await loadSealer(elsewhere, keys)
    const other = await elsewhere.get('key.age')
    const replaced: ObjectStore = {
      ...store,
      async put(name, body) {
        await writeFile(keyPath, other ?? '')
        await store.put(name, body)
      },
    }
    await expect(cluster.copy(replaced)).rejects.toThrow(/key.age in .* was replaced/)
    await writeFile(keyPath, key)
    expect(await sizes()).toEqual(before)
    await check()
  })

  it('is refused by a role that may not copy the server', async () => {
    await expect(createBackedUp(cluster.appUrl)).rejects.toThrow(
      /may not copy the database server .* ALTER ROLE app REPLICATION/,
    )
  })
})

describe('continuous backups whose key is lost or replaced', () => {
  it('fail until it is back, and go on in another archive with another key', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    const keyPath = join(place, 'key.age')
    await rm(keyPath)
    await backups.until(({ kind }) => kind === 'failed')
    expect(backups.events.at(-1)).toMatchObject({ kind: 'failed', error: { kind: 'no_key' } })
    await backups.stop()
    const elsewhere = openDirectory(join(place, '..', 'elsewhere'))
    const { recipient } = await loadSealer(elsewhere, keys)
    await writeFile(keyPath, (await elsewhere.get('key.age')) ?? '')
    const more = await startContinuously(cluster, store)
    await more.copied()
    await more.stop()
    const { backups: found } = await readCatalogue(store)
    expect(found.at(-1)?.manifest.recipient).toBe(recipient)
    expect(new Set(found.map(({ manifest }) => manifest.archive)).size).toBe(found.length)
    // The backups of the former key are marked.
    const ours = await loadReadingKeys(store, keys)
    const { backups: usable, unusable } = await readCatalogue(store, ours)
    expect(usable.map(({ id }) => id)).toEqual([found.at(-1)?.id])
    expect(unusable.map(({ error }) => error.kind)).toEqual(unusable.map(() => 'wrong_key'))
    expect(unusable).toHaveLength(found.length - 1)
  })
})

describe('expired backups', () => {
  it('are removed when they are not needed for any moment that is kept', async () => {
    const day = 86_400_000
    const now = new Date()
    const first = await manifestOf()
    const older = async (id: string, days: number) => {
      const at = new Date(now.getTime() - days * day).toISOString()
      await writeManifest(store, { ...first, id, parts: [], startedAt: at, endedAt: at }, null)
    }
    await older('20200101T000000Z-00000001', 50)
    await older('20200102T000000Z-00000002', 40)
    await older('20200103T000000Z-00000003', 20)
    expect(await removeExpired(store, 30, now)).toEqual(['20200101T000000Z-00000001'])
    // The one of 40 days ago has the moments up to that of 20 days ago.
    expect((await readCatalogue(store)).backups.map(({ id }) => id.slice(-1))).toEqual(['2', '3', first.id.slice(-1)])
    expect(await removeExpired(store, 30, now)).toEqual([])
  })

  it('never include the last one', async () => {
    expect(await removeExpired(store, 1, new Date(Date.now() + 1e11))).toEqual([])
    await check()
  })

  it('include an interrupted copy after a day, and never one that another process is taking', async () => {
    const empty = openDirectory(join(place, '..', 'empty'))
    const [arrived, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow: ObjectStore = {
      ...empty,
      async put(key, body) {
        if (key.endsWith('manifest.json')) {
          arrived.resolve()
          await goOn.promise
        }
        return empty.put(key, body)
      },
    }
    const first = cluster.copy(slow)
    await Promise.race([arrived.promise, first])
    const [interrupted] = (await readCatalogue(empty)).unusable
    const second = await untilLater(interrupted?.id ?? '', () => cluster.copy(empty))
    expect(await removeExpired(empty, 30, new Date(second.endedAt))).toEqual([])
    goOn.resolve()
    await first
    expect(await readCatalogue(empty)).toMatchObject({ unusable: [], backups: [{}, { id: second.id }] })
    await empty.remove([`base/${interrupted?.id}/manifest.json`])
    expect(await removeExpired(empty, 30, new Date(Date.now() + 90_000_000))).toEqual([interrupted?.id])
  })
})

/** Copies when the second has passed that the id of another copy has, so that the new one has a greater id. */
async function untilLater<Result>(id: string, copy: () => Promise<Result>): Promise<Result> {
  const isLater = () => new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15) > id.slice(0, 15)
  await until(async () => isLater(), `a second after ${id}`)
  return copy()
}

async function createBackedUp(databaseUrl: string): Promise<void> {
  await mkdir(place, { recursive: true })
  const sealer = await loadSealer(store, keys)
  await takeBaseBackup({ databaseUrl, store, sealer, release, embedded: true, archive: null })
}

async function sizes(): Promise<[string, number][]> {
  const names = (await readdir(place, { recursive: true })).sort()
  return Promise.all(names.map(async (name): Promise<[string, number]> => [name, (await stat(join(place, name))).size]))
}
