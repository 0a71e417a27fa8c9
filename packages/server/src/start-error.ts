/** The server cannot start, for a reason that a person has to fix. The message says what was found and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Errors of this kind. Any other error is a bug or a hardware failure, and is printed with its stack. */
const namesOfReasons = new Set(['StartError', 'EmbeddedPostgresError', 'MigrateError', 'AppLoginError'])

// ECONNREFUSED and its kin, and PostgreSQL's refusals of a login or a database: the URL, or what it points to, is
// wrong.
const codesOfReasons =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENOENT|28...|3D000|42501|53300|57P03)$/

/** The message to show for an error at the start; null for an unexpected error. */
export function reasonOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (namesOfReasons.has(error.name)) return error.message
  if (error instanceof AggregateError) return error.errors.map(reasonOf).find((reason) => reason !== null) ?? null
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (!codesOfReasons.test(code)) return null
  return (
    `The database cannot be used: ${error.message.replace(/\.?$/, '.')} Check DATABASE_URL, and that PostgreSQL ` +
    'runs there.'
  )
}
