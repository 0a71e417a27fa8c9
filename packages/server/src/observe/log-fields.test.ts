// Completeness: docs/operations/logs.md lacks a field of the log's lines, or has one that no line has
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const packages = join(import.meta.dirname, '../../..')
const page = readFileSync(join(packages, '../docs/operations/logs.md'), 'utf8')

/** Of each line, and of the loggers of shards. */
const ofEachLine = ['time', 'level', 'pid', 'msg', 'shard']

/** What is logged by a name: the fields that it has. */
const byName: Record<string, string[]> = {
  completed: ['requestId', 'method', 'route', 'status', 'seconds', 'traceId'],
  fields: ['err', 'shard', 'seconds', 'session'],
  found: ['origin', 'forwardedProto'],
  logged: ['requestId', 'err'],
  'timesOf(request, reply)': [
    ...['requestId', 'method', 'route', 'status', 'statements', 'traceId'],
    ...['totalMs', 'receiveMs', 'queueMs', 'connectionMs', 'databaseMs', 'restMs'],
  ],
}

/** The first arguments of all calls that log fields, as the code has them. */
function loggedArguments(): string[] {
  const paths = globSync('server/src/**/*.ts', { cwd: packages }).filter((path) => !path.endsWith('.test.ts'))
  const call =
    /(?<!\w)\w*(?:log|logger)\.(?:trace|debug|info|warn|error|fatal)\(\s*(\{[^}]*\}|\w+(?:\([^)]*\))?(?=,))/gi
  return paths.flatMap((path) => {
    const text = readFileSync(join(packages, path), 'utf8')
    return [...text.matchAll(call)].map(([, argument = '']) => argument.replaceAll(/\s+/g, ' '))
  })
}

/** The names in `{ a, b: value, ...c }`. @throws Error for a name whose fields are not listed here */
function fieldsIn(argument: string): string[] {
  if (!argument.startsWith('{')) return listed(argument)
  const members = argument.slice(1, -1).split(/,(?![^(]*\))/)
  return members.flatMap((member) => {
    const name = member.trim().split(':', 1)[0] ?? ''
    return name.startsWith('...') ? listed(name.slice(3)) : name === '' ? [] : [name]
  })
}

function listed(name: string): string[] {
  const fields = byName[name]
  if (fields === undefined) throw new Error(`Lines with ${name} are logged. Name their fields in byName.`)
  return fields
}

/** The fields in the first column of the page's first table. */
function documented(text: string): string[] {
  const [table = ''] = text.match(/^\| field \|.*(?:\n\|.*)*/m) ?? []
  const rows = table.split('\n').map((row) => row.split('|')[1] ?? '')
  return rows.flatMap((column) => [...column.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

test('the page of logs lists each field that a line can have, and no other', () => {
  const logged = new Set([...ofEachLine, ...loggedArguments().flatMap(fieldsIn)])
  expect(logged.size).toBeGreaterThan(50)
  expect(documented(page).toSorted()).toEqual([...logged].sort())
})

test('negative control: a field that is not listed is found, and so is a name with unknown fields', () => {
  expect(fieldsIn('{ err: error, patient: nameOf(patient, clinic), ...found }')).toEqual([
    'err',
    'patient',
    'origin',
    'forwardedProto',
  ])
  expect(documented(page)).not.toContain('patient')
  expect(() => fieldsIn('booking')).toThrow('Name their fields')
})
