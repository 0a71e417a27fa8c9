import { errorCode } from './error-code.ts'

/**
 * The message of whatever was thrown. Where all addresses of a host name refuse the connection, the error has a code
 * and no message.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || (errorCode(error) ?? error.name)
}
