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
