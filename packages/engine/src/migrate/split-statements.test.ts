import { expect, test } from 'vitest'
import { splitList, splitStatements, whyNotSplit } from './split-statements.ts'

const textsOf = (text: string) => splitStatements(text).map((statement) => statement.text)

test('statements end at semicolons, but not in strings, names, comments and bodies', () => {
  const statements = [
    `select ';' || E'x'`,
    'create table "a;b" (c text)',
    '-- one; two\nselect 1 /* three; four */',
    `create function f() returns int language plpgsql as $$ begin return ';'; end $$`,
    `do $body$ begin execute $$select 1;$$; end $body$`,
    `select 'it''s; so'`,
    'select 5 - 3, 6 / 2',
  ]
  expect(textsOf(`${statements.join(';\n')};\n`)).toEqual(statements)
})

test('comments alone are no statement, and the last one needs no semicolon', () => {
  expect(textsOf('-- only this\n;\n\nselect 1;\n-- and this\n')).toEqual(['select 1'])
  expect(textsOf('select 1')).toEqual(['select 1'])
})

test('what is left for the grammar has neither comments nor the content of strings', () => {
  const [statement] = splitStatements(`-- first\nselect  'from x',\n $$ from y $$ -- last\n from z;`)
  expect(statement?.bare).toBe("select '', '' from z")
})

test('a comment says how its statement runs on Citus, and no other one', () => {
  const statements = splitStatements(`
    -- On Citus: in shards. It reads doctors.
    -- And this is a second line.
    select 1;
    -- On Citus: on the coordinator.
    select 2;
    -- Not on Citus: in shards.
    select 3;`)
  expect(statements.map(({ marked }) => marked)).toEqual(['in shards', 'on the coordinator', null])
})

test('a comment at the end of a line says nothing of the next statement', () => {
  const [first, second] = splitStatements('select 1; -- On Citus: in shards\nselect 2')
  expect([first?.marked, second?.marked]).toEqual([null, null])
})

test.each([
  ["insert into a values (E'it\\'s; x')", /E'…'/],
  ['select 1 /* a /* b; */ c; */', /comment within a comment/],
])('%s would be split in wrong places', (text, reason) => {
  expect(whyNotSplit(text)).toMatch(reason)
  expect(whyNotSplit("select 'it''s \\; x' /* a; */, 'e\\'")).toBeNull()
})

test('a list has its parts at commas, but not at those in parentheses and strings', () => {
  const parts = splitList(`add column a text default ',' check (a in ('x', 'y')), -- one, two\n drop column "b,c"`)
  expect(parts.map(({ text }) => text)).toEqual([
    `add column a text default ',' check (a in ('x', 'y'))`,
    'drop column "b,c"',
  ])
  expect(parts[0]?.bare).toBe(`add column a text default '' check (a in ('', ''))`)
})
