import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { inSchema, statementInSchema } from './statement-schema.ts'

test.for([
  ['select from holdfast.slot s join "holdfast".x', 'select from holdfast_7.slot s join "holdfast".x'],
  ["where pronamespace = 'holdfast'::regnamespace", "where pronamespace = 'holdfast_7'::regnamespace"],
  ['set search_path = holdfast, pg_catalog, pg_temp', 'set search_path = holdfast_7, pg_catalog, pg_temp'],
  ["SET search_path TO 'holdfast', 'pg_catalog'", "SET search_path TO 'holdfast_7', 'pg_catalog'"],
  ['create schema if not exists holdfast;', 'create schema if not exists holdfast_7;'],
  ['grant usage on schema holdfast to holdfast_app', 'grant usage on schema holdfast_7 to holdfast_app'],
  ["select 'holdfast.' || name", "select 'holdfast_7.' || name"],
  ['from holdfast_other.slot, auth."user"', 'from holdfast_other.slot, auth."user"'],
  ["where application_name = 'holdfast tail'", "where application_name = 'holdfast tail'"],
] as const)('%s', ([statement, expected]) => {
  expect(statementInSchema(statement, 'holdfast_7')).toBe(expected)
})

test('of a query, only its statement changes', () => {
  expect(inSchema(['select holdfast.f($1)', ['holdfast.x']], 'holdfast_7')).toEqual([
    'select holdfast_7.f($1)',
    ['holdfast.x'],
  ])
  expect(inSchema([sql`select holdfast.f(${'holdfast.x'})`], 'holdfast_7')).toMatchObject([
    { text: 'select holdfast_7.f($1)', values: ['holdfast.x'] },
  ])
  expect(inSchema([{ name: 'n', text: 'select holdfast.f()', rowMode: 'array' }], 'holdfast_7')).toEqual([
    { name: 'n', text: 'select holdfast_7.f()', rowMode: 'array' },
  ])
})

test('a stream, whose statement cannot be changed, is refused', () => {
  expect(() => inSchema([{ submit: () => {} }], 'holdfast_7')).toThrow('cursors and streams')
})
