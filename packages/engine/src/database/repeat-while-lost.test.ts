// Guarantee: a write of which one try may be committed is never reported as not processed.
import pg from 'pg'
import { expect, test } from 'vitest'
import { DatabaseUnavailable, mayHaveRun } from './database-unavailable.ts'
import { repeatWhileLost } from './repeat-while-lost.ts'

const lostAtCommit = () => new Error('Connection terminated unexpectedly')
const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
const withCode = (code: string) => Object.assign(new pg.DatabaseError('a reason', 0, 'error'), { code })

/** Runs a write whose tries fail in this way, the last one again and again. @returns what it throws */
async function failing(...errors: Error[]) {
  const left = [...errors]
  let tries = 0
  const last = errors.at(-1)
  const write = () => {
    tries += 1
    return Promise.reject(left.shift() ?? last)
  }
  const error: unknown = await repeatWhileLost(write, 0).catch((thrown: unknown) => thrown)
  return { error, tries }
}

test.for<[string, Error[], number]>([
  ['the connection is refused', [lostAtCommit(), refused()], 6],
  ['a try before the last one was refused, too', [refused(), lostAtCommit(), refused()], 6],
  ['the server starts again', [lostAtCommit(), withCode('57P03')], 6],
  ['a lock is not free', [lostAtCommit(), withCode('55P03')], 2],
])('a write that was lost at COMMIT has an unknown outcome if then %s', async ([, errors, triesExpected]) => {
  const { error, tries } = await failing(...errors)
  expect(error).toBeInstanceOf(DatabaseUnavailable)
  expect([mayHaveRun(error), tries]).toEqual([true, triesExpected])
  expect((error as Error).cause).toBe(errors.at(-1))
})

test('a write that was never sent has not run, and an error that is none of the connection stays', async () => {
  const error = refused()
  expect((await failing(error)).error).toBe(error)
  expect(mayHaveRun(error)).toBe(false)
  const undone = new Error('It was refused.')
  expect(await failing(lostAtCommit(), undone)).toEqual({ error: undone, tries: 2 })
})

test('the outcome of a later try is that of the write', async () => {
  let tries = 0
  const seen: unknown[] = []
  const lost = lostAtCommit()
  const write = (before: unknown) => {
    seen.push(before)
    tries += 1
    return tries === 1 ? Promise.reject(lost) : Promise.resolve('done')
  }
  expect(await repeatWhileLost(write, 0)).toBe('done')
  expect(seen).toEqual([null, lost])
})
