import { expect, test } from 'vitest'
import { refuseBackupsOfShards } from './refuse-backups-of-shards.ts'

test('backups are refused on a distributed database only', () => {
  const backupTo = '/var/backups/holdfast'
  expect(() => refuseBackupsOfShards({ backupTo }, { shards: [] })).toThrow(/citus_create_restore_point/)
  expect(() => refuseBackupsOfShards({ backupTo }, { shards: null })).not.toThrow()
  expect(() => refuseBackupsOfShards({ backupTo: null }, { shards: [] })).not.toThrow()
})
