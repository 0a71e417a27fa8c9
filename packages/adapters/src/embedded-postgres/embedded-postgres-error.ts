import { ErrorOfKind } from '@holdfast/vocabulary'

/** Why the embedded database could not run. A person can fix each of these. */
export type EmbeddedPostgresErrorKind =
  | 'data_directory_in_use'
  | 'data_directory_unusable'
  | 'data_missing'
  | 'data_directory_not_empty'
  | 'restore_unfinished'
  | 'not_a_cluster'
  | 'other_major_version'
  | 'not_permitted'
  | 'unsupported_platform'
  | 'binaries_unusable'
  | 'no_unprivileged_account'
  | 'initialise_failed'
  | 'start_failed'
  | 'not_running'
  | 'stop_failed'

/** The embedded database can't be used. The message says what was found, where, and what to do about it. */
export class EmbeddedPostgresError extends ErrorOfKind<EmbeddedPostgresErrorKind> {
  override readonly name = 'EmbeddedPostgresError'
}
