import { Decrypter } from 'age-encryption'
import type { ObjectStore } from '../object-store/object-store.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'
import type { ReadingKey, Sealer } from './backup-keys.ts'
import { sha256 } from './base-manifest.ts'
import { readChecked } from './wal-archive.ts'

const pattern = /^(erasures\/(\d{1,15})-([0-9a-f]{64}))(?:\.([0-9a-f]{64}))?\.age$/

type StoredList = { key: string; described: string; untilMs: number; sha256: string; mac: string | null }

/** The lists in a store, oldest first. */
async function storedLists(store: ObjectStore): Promise<StoredList[]> {
  const lists: StoredList[] = []
  for (const { key } of await store.list(backupFolders.erasures)) {
    const [, described, untilMs, digest, mac = null] = pattern.exec(key) ?? []
    if (described === undefined || digest === undefined) continue
    lists.push({ key, described, untilMs: Number(untilMs), sha256: digest, mac })
  }
  return lists.sort((a, b) => a.untilMs - b.untilMs)
}

/** Until when erasures are listed, in milliseconds; null: there is no list. A list of the future is not one of ours. */
export async function listedUntil(store: ObjectStore): Promise<number | null> {
  const lists = await storedLists(store)
  return lists.findLast(({ untilMs }) => untilMs <= Date.now())?.untilMs ?? null
}

/** Stores what was erased until a moment (milliseconds), encrypted, beside the backups. */
export async function storeErasures(
  store: ObjectStore,
  sealer: Sealer,
  untilMs: number,
  erased: readonly object[],
): Promise<void> {
  const body = await sealer.seal(Buffer.from(JSON.stringify(erased)))
  const described = `${backupFolders.erasures}${untilMs}-${sha256(body)}`
  const mac = sealer.authenticator?.sign(described)
  await store.put(`${described}${mac === undefined ? '' : `.${mac}`}.age`, body)
}

/**
 * What was erased since a moment, and in addition what was erased shortly before it.
 *
 * @returns `unusable`: lists that are damaged, forged, or encrypted with another key
 */
export async function readErasures(
  store: ObjectStore,
  keys: readonly ReadingKey[],
  since: Date,
): Promise<{ erased: unknown[]; unusable: BackupError[] }> {
  const erased: unknown[] = []
  const unusable: BackupError[] = []
  for (const list of await storedLists(store)) {
    if (list.untilMs < since.getTime()) continue
    try {
      for (const one of await readList(store, keys, list)) erased.push(one)
    } catch (error) {
      if (!(error instanceof BackupError)) throw error
      unusable.push(error)
    }
  }
  return { erased, unusable }
}

async function readList(store: ObjectStore, keys: readonly ReadingKey[], list: StoredList): Promise<unknown[]> {
  const body = await readChecked(store, list)
  for (const { identity, authenticator } of keys) {
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    const text = await decrypter.decrypt(body, 'text').catch(() => null)
    if (text === null) continue
    if (authenticator === null || authenticator.isSigned(list.described, list.mac)) return parsed(list.key, text)
    throw new BackupError('forged', `${list.key} was not written with this passphrase: it is ignored.`)
  }
  throw new BackupError('wrong_key', `${list.key} can’t be decrypted: it is encrypted for another key.`)
}

function parsed(key: string, text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list
  } catch {}
  throw new BackupError('damaged', `${key} is not a list of erasures.`)
}

/** Removes the lists of before a moment, but not the last one: it shows that a list is kept. */
export async function removeErasures(store: ObjectStore, before: Date): Promise<void> {
  const old = (await storedLists(store)).slice(0, -1).filter(({ untilMs }) => untilMs < before.getTime())
  await store.remove(old.map(({ key }) => key))
}
