import type { MigrateResult } from '@holdfast/engine'
import type { AccountsMigration } from '../../accounts/accounts-schema.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'

export type MigratedDatabase = DatabaseUrls & {
  ownerUrl: string
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}
