import type { HttpAnswer } from './http-connection.ts'

/** What an answer turned out to be; `wrong` says in words why it is none that may come. */
export type Verdict = { outcome: string; wrong: string | null }

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const bodyShownMax = 200

/** Checks every answer of one job: status, fields, that it is about what was asked, and that no two bookings share an id. */
export class Answers {
  readonly #ids = new Set<string>()
  readonly #lengths = new Map<string, number>()

  /** A booking, or the problem document that refuses it; its outcome is `booked`, `replayed` or the problem's code. */
  booking(answer: HttpAnswer, slotId: string, expected: readonly string[], isFull: boolean): Verdict {
    const body = parse(answer.body)
    if (body === null) return wrong('unreadable', answer, 'is no JSON object')
    if (answer.status !== 201 && answer.status !== 200) return refusal(answer, body, expected)
    const outcome = answer.status === 201 ? 'booked' : 'replayed'
    if (!expected.includes(outcome)) return wrong(outcome, answer, `is none of ${expected.join(', ')}`)
    if (body.slotId !== slotId) return wrong(outcome, answer, `is not about slot ${slotId}`)
    if (body.status !== 'PENDING' && body.status !== 'CONFIRMED') return wrong(outcome, answer, 'has no status')
    if (body.units !== 1) return wrong(outcome, answer, 'has not the units that were asked for')
    if (typeof body.createdAt !== 'string' || typeof body.startsAt !== 'string')
      return wrong(outcome, answer, 'lacks its times')
    if (typeof body.id !== 'string' || !idPattern.test(body.id)) return wrong(outcome, answer, 'has no id')
    if (isFull && (typeof body.manageToken !== 'string' || !/holdfast-position: \d+\r\n/i.test(answer.head)))
      return wrong(outcome, answer, 'lacks its token or position')
    if (outcome === 'booked' && this.#ids.has(body.id)) return wrong(outcome, answer, 'has the id of another booking')
    this.#ids.add(body.id)
    return { outcome, wrong: null }
  }

  /** A list that does not change during the job: every answer for a path has the first one's length, give or take a digit. */
  list(answer: HttpAnswer, path: string, startsWith: string): Verdict {
    if (answer.status === 503) return refusal(answer, parse(answer.body) ?? {}, ['overloaded', 'unavailable'])
    if (answer.status !== 200) return wrong(`status_${answer.status}`, answer, 'is not 200')
    if (!answer.body.startsWith(startsWith) || !answer.body.trimEnd().endsWith('}'))
      return wrong('unreadable', answer, `does not start with ${startsWith} and end with }`)
    const first = this.#lengths.get(path)
    if (first === undefined) {
      if (parse(answer.body) === null) return wrong('unreadable', answer, 'is no JSON object')
      this.#lengths.set(path, answer.body.length)
    } else if (Math.abs(answer.body.length - first) > first / 4 + 16) {
      return wrong('ok', answer, `has ${answer.body.length} bytes; the first one had ${first}`)
    }
    return { outcome: 'ok', wrong: null }
  }

  echo(answer: HttpAnswer, body: string): Verdict {
    return answer.status === 200 && answer.body === body
      ? { outcome: 'ok', wrong: null }
      : wrong('unreadable', answer, 'is not the echo')
  }
}

function refusal(answer: HttpAnswer, body: Record<string, unknown>, expected: readonly string[]): Verdict {
  const outcome = typeof body.code === 'string' ? body.code : `status_${answer.status}`
  if (!expected.includes(outcome)) return wrong(outcome, answer, `is none of ${expected.join(', ')}`)
  if (answer.status === 503 && !/\r\nretry-after: \d+\r\n/i.test(answer.head))
    return wrong(outcome, answer, 'does not say when to come back')
  return { outcome, wrong: null }
}

function wrong(outcome: string, answer: HttpAnswer, why: string): Verdict {
  return { outcome, wrong: `${answer.status} ${answer.body.slice(0, bodyShownMax)} ${why}` }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
