import { ErrorOfKind } from '@holdfast/vocabulary'

/** Why a backup can't be taken, listed or restored. A person can fix each of these. */
export type BackupErrorKind =
  | 'damaged'
  /** Written by somebody without the passphrase. */
  | 'forged'
  | 'incomplete'
  | 'other_installation'
  /** The database was set back to an earlier state. */
  | 'other_history'
  /** Several backups have the moment, and differ. */
  | 'ambiguous'
  | 'newer_release'
  | 'other_postgres'
  | 'wrong_key'
  | 'no_key'
  | 'no_backup'
  | 'outside_range'
  | 'target_in_use'
  | 'no_space'
  | 'not_permitted'

/** The message says what was found, where, and what to do about it. */
export class BackupError extends ErrorOfKind<BackupErrorKind> {
  override readonly name = 'BackupError'
}
