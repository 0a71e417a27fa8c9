// Rest: each error at the start
// Completeness: docs/operations/troubleshooting.md does not explain an error of the start
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messagesIn, startMessages } from './start-errors.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/operations/troubleshooting.md'), 'utf8')

/** Messages that are not written where the error is created. */
const composed = {
  'packages/server/src/compose/database/database-secrets.ts': [
    "The file … with the server's secret is missing",
    'HOLDFAST_SECRET is not set, and no secret is stored in the database',
    '… is not the secret that this database was last used with',
  ],
  'packages/server/src/compose/database/secret-file.ts': [
    "The server's secret can't be read from …",
    "The server's secret can't be stored in …",
  ],
  'packages/server/src/compose/database/application-urls.ts': [
    'The connection pooler before the database has pool mode statement',
  ],
  'packages/server/src/lifecycle/one-at-a-time.ts': [],
  'packages/server/src/processes/start-server-processes.ts': ['A server process ended during its start'],
  'packages/server/src/lifecycle/start-error.ts': ['The database cannot be used'],
  'packages/engine/src/tail/log-ahead.ts': ['The event log was written by another database server'],
}

test('troubleshooting explains every error of the start', () => {
  const known = startMessages().flatMap(({ sentence }) => (isComposed(sentence) ? [] : [sentence]))
  expect(known.length).toBeGreaterThan(30)
  const missing = [...known, ...Object.values(composed).flat()].filter(
    (sentence) => !page.includes(`| ${sentence}`) && !page.includes(`| \`${sentence}`),
  )
  expect(missing).toEqual([])
})

test('every message that is composed elsewhere is listed above', () => {
  const paths = startMessages().flatMap(({ path, sentence }) => (isComposed(sentence) ? [path] : []))
  expect(Object.keys(composed)).toEqual(expect.arrayContaining(paths))
})

test('a new error of the start is noticed', () => {
  const disk = 'throw new StartError(`The disk of $' + '{path} is` + " full. Free some space.")'
  expect(messagesIn(`${disk}\nthrow new StartError(reason)`)).toEqual(['The disk of … is full', null])
})

function isComposed(sentence: string | null): boolean {
  return sentence === null || sentence === '… (…)'
}
