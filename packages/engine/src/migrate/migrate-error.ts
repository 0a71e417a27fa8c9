import { ErrorOfKind } from '@holdfast/vocabulary'

/** Why the database cannot be migrated. An administrator can fix each of these. */
export type MigrateErrorKind =
  | 'server_too_old'
  | 'read_only'
  | 'encoding'
  | 'privilege_missing'
  | 'extension_missing'
  | 'icu_missing'
  | 'before_the_schema'
  | 'other_schema'
  | 'migration_changed'
  | 'migration_out_of_order'
  | 'release_too_old'
  | 'locked'

/** The message says what was found and what to do about it. */
export class MigrateError extends ErrorOfKind<MigrateErrorKind> {
  override readonly name = 'MigrateError'
}
