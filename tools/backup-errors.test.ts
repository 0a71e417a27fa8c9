// Rest: each error of a backup
// Completeness: the pages do not explain a message with which a backup, restore or move is refused
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messagesOfErrors } from './messages-of-errors.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The tables with the messages of backups, restores and moves. */
const tables = ['docs/operations/troubleshooting.md', 'docs/operations/move.md', 'docs/operations/shards.md']
  .map(read)
  .join('\n')

/** Errors of backups, wherever they are created, and what the commands refuse. */
const errors = new Set(['BackupError', 'ObjectStoreError', 'MoveRefused'])
const commands = [
  'packages/cli/src/commands/backup.ts',
  'packages/cli/src/commands/backups.ts',
  'packages/cli/src/commands/restore.ts',
  'packages/cli/src/commands/repeat-erasures.ts',
  'packages/cli/src/commands/move-database.ts',
  'packages/cli/src/with-backups.ts',
  'packages/cli/src/refuse-while-running.ts',
]

/** Messages that are not written where the error is created. */
const composed = {
  'packages/adapters/src/backup/base-manifest.ts': [
    'The backup 1 in /srv is incomplete: it has no manifest.',
    'The backup 1 in /srv is damaged: its manifest can’t be read.',
  ],
  'packages/adapters/src/backup/backup-keys.ts': ['key.age in /srv is damaged.'],
  'packages/adapters/src/backup/choose-backup.ts': [
    'There is no backup in /srv.',
    'The backup 1 ends at 2: the next file of its WAL, 3, is missing in /srv/wal/4, and later ones are there.',
  ],
  // The messages of the errors that these rethrow are above.
  'packages/cli/src/with-backups.ts': [],
  'packages/cli/src/commands/move-database.ts': [],
}

type Found = { path: string; text: string | null }

function messages(): Found[] {
  const paths = globSync('packages/{server,engine,adapters,cli}/src/**/*.ts', { cwd: root })
  return paths
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => {
      const classes = commands.includes(path) ? errors.union(new Set(['CommandRefusal'])) : errors
      return messagesOfErrors(read(path), classes)
        .filter(({ isUsage }) => !isUsage)
        .map(({ text }) => ({ path, text }))
    })
}

/** What a row of a table says: the parts of the message between …, in their order. */
const rows = [...tables.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message.split('…').map((part) => part.trim())),
)

function isExplained(message: string): boolean {
  return rows.some((parts) => {
    if (!parts.some((part) => part.length >= 10)) return false
    let at = 0
    return parts.every((part) => {
      const found = message.indexOf(part, at)
      at = found + part.length
      return found >= 0
    })
  })
}

/** Whether a person can tell from the message as it is written here which one it is. */
const isWritten = (text: string | null): text is string =>
  text?.split('…').some((part) => part.trim().length > 11) ?? false

test('the pages explain every message with which a backup, a restore or a move is refused', () => {
  const written = messages().flatMap(({ text }) => (isWritten(text) ? [text] : []))
  expect(written.length).toBeGreaterThan(40)
  const all = [...written, ...Object.values(composed).flat()]
  expect(all.filter((message) => !isExplained(message))).toEqual([])
})

test('every message that is composed elsewhere is listed above', () => {
  const paths = messages().flatMap(({ path, text }) => (isWritten(text) ? [] : [path]))
  expect(Object.keys(composed)).toEqual(expect.arrayContaining(paths))
})

test('a new message, and one of a command, are noticed', () => {
  const source = "throw new BackupError('full', `The tape $" + '{tape} is at its end.`)'
  expect(messagesOfErrors(source, errors)).toEqual([{ text: 'The tape … is at its end.', isUsage: false }])
  expect(isExplained('The tape … is at its end.')).toBe(false)
  expect(messagesOfErrors("new CommandRefusal('expected --from', 2)", new Set(['CommandRefusal']))).toMatchObject([
    { isUsage: true },
  ])
})
