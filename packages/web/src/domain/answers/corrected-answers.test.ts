import type { Answer } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { changedSince, typedAfter } from './corrected-answers.ts'

const answer = (questionId: string, value?: string): Answer => ({
  questionId,
  kind: 'text',
  label: questionId,
  labels: {},
  required: false,
  version: 1,
  ...(value === undefined ? {} : { value }),
})

test('what is typed stays when others change answers, and what was not changed here becomes theirs', () => {
  const read = { answers: [answer('a', 'None'), answer('b', 'None'), answer('c')] }
  const now = { answers: [answer('a', 'Penicillin'), answer('b', 'Aspirin'), answer('c')] }
  expect(changedSince(read, now).map(({ questionId }) => questionId)).toEqual(['a', 'b'])
  expect(typedAfter(read, now, { a: 'None', b: '', c: 'New' })).toEqual({ a: 'Penicillin', b: '', c: 'New' })
})

test('a change that is shown stays, with the present answer, when another version follows', () => {
  const read = { answers: [answer('a', 'None'), answer('b', 'None'), answer('c')] }
  const first = { answers: [answer('a', 'Penicillin'), answer('b', 'None'), answer('c')] }
  const shown = changedSince(read, first)
  expect(shown).toEqual([answer('a', 'Penicillin')])
  const second = { answers: [answer('a', 'Penicillin'), answer('b', 'Aspirin'), answer('c')] }
  expect(changedSince(first, second, shown)).toEqual([answer('a', 'Penicillin'), answer('b', 'Aspirin')])
  // An attendance changes no answer.
  expect(changedSince(first, first, shown)).toEqual([answer('a', 'Penicillin')])
})
