import { type ObjectStore, openObjectStore } from '@holdfast/adapters/object-store'
import type { Config } from '../config/config.ts'

/** The place of backups. @throws ObjectStoreError `invalid` */
export function openBackups(place: string, { s3Url }: Pick<Config, 's3Url'>): ObjectStore {
  return openObjectStore(place, s3Url)
}
