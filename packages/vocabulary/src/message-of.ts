/** If one of these calls fails, the path in its error is missing, or is in a directory that is missing. */
const readingCalls: readonly unknown[] = ['open', 'stat', 'lstat', 'access', 'scandir', 'opendir', 'realpath']

/** An error's message on one line; also for a refused connection, whose AggregateError has an empty message. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0)
    return error.errors.map(messageOf).join('; ')
  if ('code' in error && error.code === 'ENOENT' && 'syscall' in error && readingCalls.includes(error.syscall))
    return `there is no file or directory ${'path' in error ? String(error.path) : ''}`.trim()
  return oneLine(error.message) || ('code' in error && error.code ? String(error.code) : error.name)
}

function oneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '').join(' ')
}
