// The messages with which a start fails, read from the sources: docs/operations/troubleshooting.md explains each.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messagesOfErrors } from './messages-of-errors.ts'

const root = join(import.meta.dirname, '..')

/** The errors of packages/server/src/lifecycle/start-error.ts, without LogAhead, whose message is in its class. */
const errors = new Set(['StartError', 'EmbeddedPostgresError', 'MigrateError', 'AppLoginError'])

/** The first sentence of every message, with … for what differs; null if an argument is not written in place. */
export function startMessages(): { path: string; sentence: string | null }[] {
  const paths = globSync('packages/{server,engine,adapters,cli}/src/**/*.ts', { cwd: root }).filter(
    (path) => !path.endsWith('.test.ts'),
  )
  return paths.flatMap((path) =>
    messagesIn(readFileSync(join(root, path), 'utf8')).map((sentence) => ({ path, sentence })),
  )
}

/** The first sentences of the messages of start errors that a file creates. */
export function messagesIn(text: string): (string | null)[] {
  return messagesOfErrors(text, errors).map((message) => (message.text === null ? null : firstSentence(message.text)))
}

function firstSentence(message: string): string {
  const [sentence = ''] = message.split(/[.:;](?=\s|$)| Have an |\n/)
  return sentence.trim()
}
