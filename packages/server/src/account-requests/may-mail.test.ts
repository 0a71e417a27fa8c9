import { expect, test } from 'vitest'
import { problem } from '../edge/errors/problem-error.ts'
import { mayMail } from './may-mail.ts'

test('a mail over the limit is not sent, and one whose count fails is tried again', async () => {
  const counted: string[] = []
  const within = { countTicketMail: async (email: string) => void counted.push(email) }
  expect(await mayMail(within, ' Ada@Example.org')).toBe(true)
  expect(counted).toEqual(['ada@example.org'])
  const over = { countTicketMail: () => Promise.reject(problem('rate_limited', 'Too many.', { retryAfterSeconds: 9 })) }
  expect(await mayMail(over, 'ada@example.org')).toBe(false)
  const failing = { countTicketMail: () => Promise.reject(new Error('It cannot be counted.')) }
  await expect(mayMail(failing, 'ada@example.org')).rejects.toThrow('It cannot be counted.')
})
