import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import type { BackupKeySettings } from '@holdfast/adapters/backup'
import { type ObjectStore, openObjectStore } from '@holdfast/adapters/object-store'
import type { Config } from '../config/config.ts'

/** The place of backups. @throws ObjectStoreError `invalid` */
export function openBackups(place: string, { s3Url }: Pick<Config, 's3Url'>): ObjectStore {
  return openObjectStore(place, s3Url)
}

type KeySettings = Pick<Config, 'backupRecipient' | 'backupIdentity' | 'backupPassphrase'>

export function backupKeys(config: KeySettings): BackupKeySettings {
  return {
    recipient: config.backupRecipient,
    identity: config.backupIdentity,
    passphrase: config.backupPassphrase,
  }
}

/** The release of Holdfast, which is noted in each backup. */
export async function releaseOf(): Promise<string> {
  const path = findPackageJSON(import.meta.url)
  if (path === undefined) throw new Error('Holdfast has no package.json.')
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version
}
