// Completeness: data is deleted for its age, and the page Privacy of a clinic does not say so
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RetentionKind, retentionKinds } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

type Deletion = { table: string; statement: string; file: string }

/** What says that a statement deletes what is old or has ended. */
const byAge =
  /interval|make_interval|expires|ended_at|_before\b|\bbefore\b|localtimestamp|now\(\)|clock_timestamp|v_now|day </i

/** Statements that name a time, and delete nothing for its age. */
const otherReasons: Readonly<Record<string, string>> = {
  'band_day in working-hours/fill_working_hours.sql': 'days of which slots were created: no person, and no longer used',
  'erased_booking in erasure/finish_erasures.sql': 'what is left to do of an erasure, a moment later',
  'auth.emailLink in emails/email-links.ts': 'links that a later one replaces; until then they are valid',
}

/** Every statement with `delete from` in a source, without comments. */
function deletionsIn(source: string, file: string): Deletion[] {
  const isSql = file.endsWith('.sql')
  const text = isSql ? source.replaceAll(/--.*$/gm, '') : source
  const statements = text.matchAll(isSql ? /delete from\s+([\w."]+)[^;]*/g : /delete from\s+([\w."${}]+)[^`]*/g)
  return Array.from(statements, ([statement, table = '']) => ({ table: nameOf(table, file), statement, file }))
}

function nameOf(table: string, file: string): string {
  const name = table.replaceAll('"', '').replace(/^holdfast\./, '')
  // The tables of accounts are in another schema, which is on the path there.
  return file.includes('/accounts/') && !name.includes('.') ? `auth.${name}` : name
}

function allDeletions(): Deletion[] {
  const files = [
    ...globSync('packages/engine/sql/functions/**/*.sql', { cwd: root }),
    ...globSync('packages/{engine,server}/src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts')),
  ]
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8')
    return deletionsIn(source, file).flatMap((deletion) =>
      // `expiring` of jobs.ts: one statement for several tables.
      deletion.table.startsWith('$')
        ? Array.from(source.matchAll(/sql`(auth\.[\w"]+)`/g), ([, table = '']) => ({
            ...deletion,
            table: table.replaceAll('"', ''),
          }))
        : [deletion],
    )
  })
}

const kinds: readonly RetentionKind[] = Object.values(retentionKinds)
const listed: ReadonlySet<string> = new Set(kinds.flatMap(({ tables }) => [...tables]))

function unlisted(deletions: readonly Deletion[]): string[] {
  const isOther = ({ table, file }: Deletion) => `${table} in ${file.split('/').slice(-2).join('/')}` in otherReasons
  const found = deletions.filter((one) => byAge.test(one.statement) && !listed.has(one.table) && !isOther(one))
  return found.map(({ table, file }) => `${table} in ${file}`)
}

test('whatever is deleted for its age is a kind that the page lists', () => {
  const deletions = allDeletions()
  expect(unlisted(deletions)).toEqual([])
  // Each listed table is really deleted from.
  const deleted = new Set(deletions.filter(({ statement }) => byAge.test(statement)).map(({ table }) => table))
  expect([...listed].filter((table) => !deleted.has(table))).toEqual([])
})

/** How the statements say a period. */
const units = { hours: 'hours?', days: 'days?', months: 'months?' } as const

test('the fixed periods of the kinds are those of their statements', () => {
  const sources = new Map(allDeletions().map(({ file }) => [file, readFileSync(join(root, file), 'utf8')]))
  const purge = sources.get('packages/engine/sql/functions/upkeep/purge_outdated.sql') ?? ''
  for (const [name, kind] of Object.entries<RetentionKind>(retentionKinds)) {
    if (kind.by !== 'fixed' || kind.deletedBy !== 'retention') continue
    const years = kind.unit === 'months' && kind.amount % 12 === 0 ? `|${kind.amount / 12} years?` : ''
    const said = new RegExp(`interval '(${kind.amount} ${units[kind.unit]}${years})'`)
    expect(purge, name).toMatch(said)
  }
  // The clinic's own.
  expect(purge).toContain('make_interval(days => c.message_days)')
})

test.for([
  [`delete from planted p where p.at < clock_timestamp() - interval '1 year';`, 'x.sql', ['planted in x.sql']],
  ['sql`delete from holdfast.planted where expires_at <= now()`', 'x.ts', ['planted in x.ts']],
  ['-- delete from planted where at < now();', 'x.sql', []],
  ['delete from planted where id = p_id;', 'x.sql', []],
  ['delete from message where created_at < now();', 'x.sql', []],
] as const)('negative control: %s', ([source, file, expected]) => {
  expect(unlisted(deletionsIn(source, file))).toEqual(expected)
})
