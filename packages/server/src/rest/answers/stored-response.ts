import type { Operation } from '@holdfast/contract'
import type { StoredAnswers } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import { writeKeyOf } from './idempotency.ts'
import { refusalProblem } from './outcome-problems.ts'

/** An answer as it is kept, and told again. */
export type KeptAnswer = { status: number; body?: unknown; position?: string; headers?: Record<string, string> }

/**
 * Runs a write once for its Idempotency-Key: a retry is told the first answer, another request with the key is refused.
 * For writes that change nothing when they are done again; their answer is kept after their commit, so a server that
 * dies between the two does no harm. Bookings, clinics and doctors keep theirs in the same transaction instead.
 *
 * @throws ProblemError idempotency_key_reused
 */
export async function answerOnce<Given extends KeptAnswer>(
  answers: StoredAnswers,
  request: FastifyRequest,
  described: Operation,
  run: () => Given | Promise<Given>,
): Promise<KeptAnswer> {
  const asked = { params: request.params, query: request.query, body: request.body ?? null }
  const writeKey = writeKeyOf(request, `${described.method} ${described.url} ${JSON.stringify(request.params)}`, asked)
  if (writeKey === null) return run()
  const recalled = await answers.find(writeKey)
  if (recalled.kind === 'key_reused') throw refusalProblem(recalled)
  // Written below, by the same operation: its digest covers what was asked, and who asked.
  if (recalled.kind === 'found') return toldAgain(recalled.answer as KeptAnswer, described)
  const answer = await run()
  await answers.store(writeKey, answer)
  return answer
}

/** What was made is not made again: 200, where the operation knows it. */
function toldAgain(answer: KeptAnswer, described: Operation): KeptAnswer {
  return answer.status === 201 && described.answers[200] ? { ...answer, status: 200 } : answer
}
