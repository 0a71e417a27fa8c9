import { isatty } from 'node:tty'
import { messageOf } from '@holdfast/vocabulary'
import pino, { type DestinationStream, type Logger } from 'pino'
import type { Config } from '../config/config.ts'

export type { Logger } from 'pino'

/**
 * The log: JSON lines on stderr; on a terminal, words. It contains no bodies, query strings or credentials. Errors are
 * reduced to what identifies the cause, because PostgreSQL's error messages quote the row.
 */
export function createLogger(level: Config['logLevel'], destination: DestinationStream = defaultDestination()): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, req: () => undefined, res: () => undefined },
      redact: {
        paths: ['headers.authorization', 'headers.cookie', 'headers["set-cookie"]', '*.authorization', '*.cookie'],
        censor: '[redacted]',
      },
    },
    destination,
  )
}

function defaultDestination(): DestinationStream {
  if (!isatty(2)) return pino.destination(2)
  return { write: (line) => void process.stderr.write(wordsOf(line)) }
}

const shownApart = new Set(['time', 'level', 'pid', 'msg', 'err'])

type LoggedError = { message?: string; cause?: LoggedError }

/**
 * A line of the log as a person reads it at a terminal: `10:15:03 warn: message (error: its cause, name: value)`. Other
 * programs' texts are in it: characters that would control the terminal, or the order of the text, are escaped again.
 */
export function wordsOf(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown> & { err?: LoggedError }
  const { time, level, msg, err } = fields
  const others = Object.entries(fields).filter(([name]) => !shownApart.has(name))
  const shown = others.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const errors = messagesOf(err).join(': ')
  const more = [...(errors === '' ? [] : [errors]), ...shown].join(', ')
  const prefix = level === 'info' ? '' : `${level}: `
  return `${escaped(`${String(time).slice(11, 19)} ${prefix}${msg}${more === '' ? '' : ` (${more})`}`)}\n`
}

/** The messages of an error and its causes, each said once. */
function messagesOf(error: LoggedError | undefined): string[] {
  if (error === undefined) return []
  const { message = '', cause } = error
  const [first, ...others] = messagesOf(cause)
  return first === undefined || message.includes(first) ? [message, ...others] : [message, first, ...others]
}

function escaped(text: string): string {
  const codeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, codeOf)
}

/** The parts of an error that are safe to log: type, code, location, and the message without quoted values. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'a value that is not an Error was thrown' }
  // When all addresses of a host refuse, the AggregateError of Node has no message: those of its parts have.
  const message = error.message === '' ? messageOf(error) : error.message
  const described: Record<string, unknown> = { type: error.name, message: withoutValues(message) }
  for (const field of ['code', 'constraint', 'schema', 'table', 'routine', 'kind'] as const) {
    const value = Object.getOwnPropertyDescriptor(error, field)?.value
    if (typeof value === 'string') described[field] = value
  }
  // The first lines of a stack repeat the message.
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  if (frames !== undefined) described.stack = frames.slice(0, 20).join('\n')
  if (error.cause !== undefined) described.cause = describeError(error.cause)
  return described
}

/** Looking for e-mail addresses takes quadratic time. */
const searchedMax = 2_000

/** Quoted and parenthesised parts of a database message are user input. */
function withoutValues(message: string): string {
  return withoutQuoted(withoutQuoted(message, '"'), "'")
    .replace(/=\([^)]*\)?/g, '=(…)')
    .slice(0, searchedMax)
    .replace(/[^\s@]+@[^\s@]*/g, '…')
    .slice(0, 500)
}

/**
 * Removes the text from the first quote to the last, because what is quoted may contain quotes; to the end, if one is
 * not closed.
 */
function withoutQuoted(message: string, quote: string): string {
  const parts = message.split(quote)
  if (parts.length === 1) return message
  const isClosed = parts.length % 2 === 1
  return `${parts[0]}${quote}…${quote}${isClosed ? parts.at(-1) : ''}`
}
