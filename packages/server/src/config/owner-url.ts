import { asPooled } from '@holdfast/engine'
import type { ShardSettings } from './shard-settings.ts'

/** The URL of the owner of a database's schema: past the pooler, unless that gives each client a session. */
export function ownerUrlOf({
  databaseUrl,
  databaseDirectUrl,
  databasePool,
}: Pick<ShardSettings, 'databaseUrl' | 'databaseDirectUrl' | 'databasePool'>): string {
  const url = databaseDirectUrl ?? databaseUrl
  return databaseDirectUrl === null && databasePool === 'session' ? asPooled(url) : url
}
