export { removeEmbeddedDatabase } from './cluster-home.ts'
export { connectEmbeddedPostgres } from './connect-embedded-postgres.ts'
export { EmbeddedPostgresError } from './embedded-postgres-error.ts'
export { hasEmbeddedDatabase } from './has-embedded-database.ts'
export { collationArguments, embeddedDatabaseName, embeddedOwnerName } from './initialise-cluster.ts'
export { embeddedMajorVersion } from './postgres-binaries.ts'
export { readSystemIdentifier } from './read-system-identifier.ts'
export { refuseUnlessEmpty, restoreEmbeddedPostgres } from './restore-cluster.ts'
export {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'
export { accountName } from './unprivileged-account.ts'
export { withEmbeddedPostgres } from './with-embedded-postgres.ts'
