import type { MigrateResult } from '@holdfast/engine'
import type { AccountsMigration } from '../accounts/accounts-schema.ts'

export type MigratedDatabase = {
  ownerUrl: string
  /** The URL of the application role, which the server and the worker log in as; marked if it is a pooler's. */
  appUrl: string
  /** The same without a pooler, or with one that gives each client a session: for notifications and the job queue. */
  sessionUrl: string
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}
