import { MigrateError } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { reasonOf, StartError } from './start-error.ts'

const withCode = (code: string) => Object.assign(new Error('the reason'), { code })

test.each([
  ['a StartError', new StartError('the reason'), /^the reason$/],
  ['an error of the migration', new MigrateError('server_too_old', 'the reason'), /^the reason$/],
  ['a refused connection', withCode('ECONNREFUSED'), /: the reason\. Check DATABASE_URL/],
  ['a wrong password', withCode('28P01'), /the reason.*DATABASE_URL/],
  ['a database that does not exist', withCode('3D000'), /the reason.*DATABASE_URL/],
  ['a connection reset by the server', withCode('ECONNRESET'), /the reason.*DATABASE_URL/],
  ['refused connections to every address of a host', new AggregateError([withCode('ECONNREFUSED')]), /the reason/],
])('%s is explained in one line', (_what, error, line) => {
  expect(reasonOf(error)).toMatch(line)
})

test.each([
  ['a bug', new TypeError('x is not a function')],
  ['an unforeseen error of PostgreSQL', withCode('42P01')],
  ['several bugs', new AggregateError([new Error('one')])],
  ['a value that is not an error', 'text'],
])('%s is shown with its stack', (_what, error) => {
  expect(reasonOf(error)).toBeNull()
})
