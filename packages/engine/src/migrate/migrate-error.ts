/** Why the database cannot be migrated. An administrator can fix each of these. */
export type MigrateErrorKind =
  | 'server_too_old'
  | 'read_only'
  | 'distributed'
  | 'unsupported_on_citus'
  | 'encoding'
  | 'privilege_missing'
  | 'extension_missing'
  | 'migration_changed'
  | 'migration_out_of_order'
  | 'locked'

/** Functions of `holdfast` find no rows there: those of clinics are in shards. */
export const distributedMessage =
  'The tables of this database are distributed over the nodes of Citus, where this does not work. Nothing was ' +
  'changed. “Citus” in docs/operations/cluster.md says what does.'

/** The message says what was found and what to do about it. */
export class MigrateError extends Error {
  readonly kind: MigrateErrorKind

  constructor(kind: MigrateErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrateError'
    this.kind = kind
  }
}
