import pg from 'pg'
import { expect, test } from 'vitest'
import { changeDatabaseUrl } from './database-url.ts'

test.each([
  ['postgres://me:secret@db:5432/one', 'postgres://you:p%40ss%2F@db:5432/two'],
  ['postgresql://db', 'postgresql://you:p%40ss%2F@db/two'],
  [
    'postgres://me@localhost/one?host=%2Frun%2Fpg&sslmode=disable',
    'postgres://you:p%40ss%2F@localhost/two?host=%2Frun%2Fpg&sslmode=disable',
  ],
  ['postgres://me:secret@/one?host=/run/postgresql', 'postgres://you:p%40ss%2F@/two?host=/run/postgresql'],
  ['postgres:///one?host=/run/postgresql', 'postgres://you:p%40ss%2F@/two?host=/run/postgresql'],
  ['postgres://me@%2Frun%2Fpostgresql/one', 'postgres://you:p%40ss%2F@%2Frun%2Fpostgresql/two'],
])('%s keeps its server', (url, expected) => {
  expect(changeDatabaseUrl(url, { database: 'two', user: 'you', password: 'p@ss/' })).toBe(expected)
})

test.each([
  ['other', 'other'],
  ['10.0.0.7', '10.0.0.7'],
  ['::1', '[::1]'],
  ['/run/postgresql', '%2Frun%2Fpostgresql'],
])('it is led to the server %s', (host, inUrl) => {
  const rest = 'postgres://me:secret@'
  const url = changeDatabaseUrl(`${rest}db:5432/one?host=/tmp`, { host, port: 6000 })
  expect(url).toBe(`${rest}${inUrl}:6000/one`)
  expect(new pg.Client({ connectionString: url })).toMatchObject({ host, port: 6000, database: 'one' })
})

test('what is left out is not changed', () => {
  const url = 'postgres://me:secret@db:5432/one?sslmode=require'
  expect(changeDatabaseUrl(url, {})).toBe(url)
  expect(changeDatabaseUrl(url, { database: 'two' })).toBe('postgres://me:secret@db:5432/two?sslmode=require')
})

test.each(['', 'db', 'mysql://db/one', 'postgres://db:port/one'])('%j is not the URL of a database', (url) => {
  expect(() => changeDatabaseUrl(url, {})).toThrow('postgres://user:password@host:5432/database')
})
