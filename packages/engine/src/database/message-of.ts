/** An error's message on one line; also for a refused connection, whose AggregateError has an empty message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  if (
    'code' in error &&
    error.code === 'ENOENT' &&
    'syscall' in error &&
    error.syscall !== 'connect' &&
    'path' in error
  )
    return `there is no file ${String(error.path)}`
  return error.message.replaceAll(/\s*\n\s*/g, ' ').trim() || error.name
}
