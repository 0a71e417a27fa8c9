export { connectEmbeddedPostgres } from './connect-embedded-postgres.ts'
export { EmbeddedPostgresError, type EmbeddedPostgresErrorKind } from './embedded-postgres-error.ts'
export {
  type EmbeddedPostgres,
  type StartEmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'
export { withEmbeddedPostgres } from './with-embedded-postgres.ts'
