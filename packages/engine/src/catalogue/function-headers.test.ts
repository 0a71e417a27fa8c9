// Completeness: an SQL function lacks a part of its header, or its line in sql/grants.sql
import { expect, test } from 'vitest'
import { grantedFunctions } from '../migrate/granted-functions.ts'
import { sqlFiles } from '../migrate/sql-files.ts'

const parts = ['Locks:', 'Fails:', 'Idempotent:']

/** What the header of an SQL function lacks, by the rules of STYLE.md. */
function missingIn(name: string, text: string, granted: readonly string[]): string[] {
  const header = /^(--.*\n)*/.exec(text)?.[0] ?? ''
  const missing = parts.filter((part) => !header.includes(part)).map((part) => `${name}: its header lacks "${part}"`)
  if (granted.includes(name) === /\bInternal\b/.test(header)) {
    missing.push(`${name}: either sql/grants.sql lists it, or its header says "Internal"`)
  }
  return missing
}

test('every SQL function has a complete header, and is either granted or internal', async () => {
  const { functions } = await sqlFiles()
  const granted = await grantedFunctions()
  expect(functions.length).toBeGreaterThan(10)
  expect(functions.flatMap(({ name, text }) => missingIn(name, text, granted))).toEqual([])
})

test('negative control: a missing part is reported', () => {
  const complete = '-- planted: does nothing.\n-- Locks: none. Fails: never. Idempotent: yes.\n'
  expect(missingIn('planted', complete, ['planted'])).toEqual([])
  expect(missingIn('planted', complete, [])).toEqual([
    'planted: either sql/grants.sql lists it, or its header says "Internal"',
  ])
  expect(missingIn('planted', complete.replace('Locks: none. ', ''), ['planted'])).toEqual([
    'planted: its header lacks "Locks:"',
  ])
})
