import type { HttpResponse } from './http-connection.ts'

/** The outcome of a response; `wrong` says why it is not an expected one. */
export type CheckedResponse = { outcome: string; wrong: string | null }

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const bodyShownMax = 200

/**
 * Checks every response of one job: status, fields, that it matches the request, and that no two bookings share an id.
 */
export class ResponseChecker {
  readonly #ids = new Set<string>()
  readonly #lengths = new Map<string, number>()

  /**
   * For a booking or the problem document that refuses it; the outcome is `booked`, `replayed` or the problem's code.
   */
  booking(response: HttpResponse, slotId: string, expected: readonly string[], isFull: boolean): CheckedResponse {
    const body = parse(response.body)
    if (body === null) return wrong('unreadable', response, 'is not a JSON object')
    if (response.status !== 201 && response.status !== 200) return refusal(response, body, expected)
    const outcome = response.status === 201 ? 'booked' : 'replayed'
    if (!expected.includes(outcome)) return wrong(outcome, response, `is none of ${expected.join(', ')}`)
    if (!isAbout(body, slotId)) return wrong(outcome, response, `is not about ${slotId}`)
    if (body.status !== 'PENDING' && body.status !== 'CONFIRMED') return wrong(outcome, response, 'has no status')
    if (body.units !== 1) return wrong(outcome, response, 'does not have the requested units')
    if (typeof body.createdAt !== 'string' || typeof body.startsAt !== 'string')
      return wrong(outcome, response, 'has no times')
    if (typeof body.id !== 'string' || !idPattern.test(body.id)) return wrong(outcome, response, 'has no id')
    if (isFull && (typeof body.manageToken !== 'string' || !/holdfast-position: [\d.]+\r\n/i.test(response.head)))
      return wrong(outcome, response, 'has no token or position')
    if (outcome === 'booked' && this.#ids.has(body.id)) return wrong(outcome, response, 'has the id of another booking')
    this.#ids.add(body.id)
    return { outcome, wrong: null }
  }

  /** For a list that does not change during the job: every response for a path is about as long as the first one. */
  list(response: HttpResponse, path: string, startsWith: string): CheckedResponse {
    if (response.status === 503) return refusal(response, parse(response.body) ?? {}, ['overloaded', 'unavailable'])
    if (response.status !== 200) return wrong(`status_${response.status}`, response, 'is not 200')
    if (!response.body.startsWith(startsWith) || !response.body.trimEnd().endsWith('}'))
      return wrong('unreadable', response, `does not start with ${startsWith} and end with }`)
    const first = this.#lengths.get(path)
    if (first === undefined) {
      if (parse(response.body) === null) return wrong('unreadable', response, 'is not a JSON object')
      this.#lengths.set(path, response.body.length)
    } else if (Math.abs(response.body.length - first) > first / 4 + 16) {
      return wrong('ok', response, `has ${response.body.length} bytes; the first one had ${first}`)
    }
    return { outcome: 'ok', wrong: null }
  }

  echo(response: HttpResponse, body: string): CheckedResponse {
    return response.status === 200 && response.body === body
      ? { outcome: 'ok', wrong: null }
      : wrong('unreadable', response, 'is not the echo')
  }
}

/** `place`: a slot, or an open session and the start of a visit in it; a response does not name the session. */
function isAbout(body: Record<string, unknown>, place: string): boolean {
  const [slotId, startsAt] = place.split(' ')
  return startsAt === undefined ? body.slotId === slotId : Date.parse(String(body.startsAt)) === Date.parse(startsAt)
}

function refusal(response: HttpResponse, body: Record<string, unknown>, expected: readonly string[]): CheckedResponse {
  const outcome = typeof body.code === 'string' ? body.code : `status_${response.status}`
  if (!expected.includes(outcome)) return wrong(outcome, response, `is none of ${expected.join(', ')}`)
  if (response.status === 503 && !/\r\nretry-after: \d+\r\n/i.test(response.head))
    return wrong(outcome, response, 'has no Retry-After')
  return { outcome, wrong: null }
}

function wrong(outcome: string, response: HttpResponse, why: string): CheckedResponse {
  return { outcome, wrong: `${response.status} ${response.body.slice(0, bodyShownMax)} ${why}` }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
