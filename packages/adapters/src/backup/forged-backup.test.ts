import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { create } from 'tar'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  keys,
  openDirectory,
  readWritten,
  release,
  scratchDirectory,
  startContinuously,
} from '../../test/backed-up-cluster.ts'
import { clusterOfFile } from '../../test/cluster-of-file.ts'
import { restoreEmbeddedPostgres, withEmbeddedPostgres } from '../embedded-postgres/index.ts'
import type { ObjectStore } from '../object-store/index.ts'
import { authenticatorOf } from './authenticator.ts'
import { partKey, sha256, writeManifest } from './base-manifest.ts'
import {
  checkBackup,
  chooseBackup,
  loadOpener,
  loadReadingKeys,
  loadSealer,
  readCatalogue,
  recoverySettings,
  takeBaseBackup,
  unpackBackup,
} from './index.ts'

const cluster = await clusterOfFile()
let directory: string
let store: ObjectStore

beforeEach(async () => {
  const scratch = await scratchDirectory()
  directory = scratch.path
  store = openDirectory(join(directory, 'backups'))
  onTestFinished(scratch.remove)
})

async function open() {
  const backup = chooseBackup(store.name, await readCatalogue(store), { to: null, id: null, release })
  return { backup, opener: await loadOpener(store, keys, backup.manifest.recipient) }
}

/** Restores a copy that `change` has changed, as somebody could have who writes to the place. */
async function restoreChanged(change: (draft: string) => Promise<void>): Promise<string> {
  const { backup, opener } = await open()
  const dataDirectory = join(directory, 'restored')
  await restoreEmbeddedPostgres({
    dataDirectory,
    majorVersion: backup.manifest.postgres.majorVersion,
    recoverySettings: recoverySettings(backup, null),
    async fill(draft) {
      await unpackBackup(store, opener, backup, draft)
      await change(draft)
    },
    complete: async () => undefined,
  })
  return dataDirectory
}

describe('the configuration in a copy', () => {
  it('is not used: none of its commands run, and nobody gets in by its rules', async () => {
    const { no } = await cluster.write()
    await cluster.copy(store)
    const traces = join(directory, 'traces')
    await mkdir(traces)
    // The account that runs PostgreSQL for root can write there.
    await chmod(traces, 0o777)
    const commands = ['recovery_end_command', 'archive_cleanup_command', 'archive_command', 'restore_command']
    const settings = commands.map((name) => `${name} = 'touch ${join(traces, name)}'\n`)
    const dataDirectory = await restoreChanged(async (draft) => {
      await writeFile(join(draft, 'postgresql.auto.conf'), `${settings.join('')}archive_mode = on\n`)
      await writeFile(join(draft, 'postgresql.conf'), `shared_preload_libraries = 'missing-library'\n`)
      await writeFile(join(draft, 'pg_hba.conf'), 'local all all trust\n')
      await writeFile(join(draft, 'standby.signal'), '')
      await symlink(join(directory, 'outside'), join(draft, 'recovery.signal'))
    })
    expect(await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => readWritten(ownerUrl))).toContain(no)
    expect(await readdir(traces)).toEqual([])
    expect(await readdir(directory)).not.toContain('outside')
    const clusterDirectory = join(dataDirectory, 'postgres')
    expect(await readFile(join(clusterDirectory, 'postgresql.auto.conf'), 'utf8')).not.toContain('command')
    expect(await readFile(join(clusterDirectory, 'pg_hba.conf'), 'utf8')).not.toContain('trust')
  })
})

describe('a copy with a link', () => {
  it('is refused, and nothing is written where it leads', async () => {
    const manifest = await cluster.copy(store)
    const outside = join(directory, 'outside')
    const forged = join(directory, 'forged')
    await mkdir(outside)
    await mkdir(forged)
    await symlink(outside, join(forged, 'pg_wal'))
    await create({ cwd: forged, file: join(directory, 'forged.tar') }, ['pg_wal'])
    const compressed = await promisify(zstdCompress)(await readFile(join(directory, 'forged.tar')))
    const sealer = await loadSealer(store, keys)
    const body = await sealer.seal(compressed)
    const part = { key: partKey(manifest.id, 1), bytes: body.length, sha256: sha256(body) }
    await store.put(part.key, body)
    await writeManifest(store, { ...manifest, parts: [part] }, sealer.authenticator)
    const { backup, opener } = await open()
    const target = join(directory, 'target')
    await mkdir(target)
    await expect(unpackBackup(store, opener, backup, target)).rejects.toThrow(/has pg_wal, which is neither file nor/)
    expect(await readdir(outside)).toEqual([])
    expect(await readdir(target)).toEqual([])
  })
})

describe('what somebody without the passphrase wrote', () => {
  /** All that a restore does before it writes anything. */
  const check = async () => {
    const { backup, opener } = await open()
    await checkBackup(store, opener, backup)
    return backup
  }

  /** Encrypted for the key of the backups, which is public, as somebody could who only writes to the place. */
  const sealerWithoutPassphrase = async () => {
    const { recipient } = await loadSealer(store, keys)
    return loadSealer(store, { recipient, passphrase: null, identity: null })
  }

  it('is refused as a manifest, whatever it encrypted, and marked in the list', async () => {
    const manifest = await cluster.copy(store)
    await check()
    const sealer = await sealerWithoutPassphrase()
    const body = await sealer.seal(await promisify(zstdCompress)(Buffer.from('a tar file with other tables')))
    const part = { key: partKey(manifest.id, 1), bytes: body.length, sha256: sha256(body) }
    await store.put(part.key, body)
    const forged = { ...manifest, parts: [part] }
    await writeManifest(store, forged, sealer.authenticator)
    await expect(check()).rejects.toThrow(/manifest of the backup .* was not written with this passphrase/)
    await writeManifest(store, forged, authenticatorOf('AGE-SECRET-KEY-1OTHER'))
    await expect(check()).rejects.toMatchObject({ kind: 'forged' })
    const { backups, unusable } = await readCatalogue(store, await loadReadingKeys(store, keys))
    expect([backups, unusable.map(({ error }) => error.kind)]).toEqual([[], ['forged']])
    // Negative control: with the passphrase, the same manifest passes.
    await writeManifest(store, forged, (await loadSealer(store, keys)).authenticator)
    await check()
  })

  it('is refused as WAL: without a signature, and with that of another file, archive or moment', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    await backups.flushed()
    await backups.stop()
    const { wal, until } = await check()
    const [last] = wal.slice(-1)
    if (last === undefined) throw new Error('Nothing was archived.')
    const body = (await store.get(last.key)) ?? Buffer.alloc(0)
    const laterMs = last.untilMs + 60_000
    const forgeries = [
      last.key.replace(`-${last.untilMs}-`, `-${laterMs}-`),
      last.key.replace(`-${last.untilMs}-`, `-${laterMs}-`).replace(`.${last.mac}`, ''),
      last.key.replace(`-${last.untilMs}-`, `-${laterMs}-`).replace('.partial', ''),
    ]
    for (const key of forgeries) {
      await store.put(key, body)
      await expect(check()).rejects.toThrow(`${key} was not written with this passphrase`)
      // The list ignores it: it makes no later moment restorable.
      const listed = await readCatalogue(store, await loadReadingKeys(store, keys))
      expect(listed.backups.at(-1)?.until).toEqual(until)
      await store.remove([key])
    }
    await check()
  })

  it('is not noticed where there is only a recipient, because the server has no secret to sign with', async () => {
    const identity = await generateX25519Identity()
    const settings = { recipient: await identityToRecipient(identity), passphrase: null, identity: null }
    const sealer = await loadSealer(store, settings)
    const { ownerUrl: databaseUrl } = cluster
    const manifest = await takeBaseBackup({ databaseUrl, store, sealer, release, embedded: true, archive: null })
    const backup = chooseBackup(store.name, await readCatalogue(store), { to: null, id: null, release })
    expect(backup.mac).toBeNull()
    await checkBackup(store, await loadOpener(store, { ...settings, identity }, manifest.recipient), backup)
  })
})
