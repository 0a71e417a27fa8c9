import type { HttpResponse } from './http-connection.ts'
import type { LoadJob, RequestPart } from './load-job.ts'
import { seededRandom } from './random.ts'
import { type CheckedResponse, ResponseChecker } from './response-checker.ts'

/** One request, ready to be sent, and what its response is checked against. */
export type PlannedRequest = { partIndex: number; text: string; about: string }

/** Creates the requests of a job, in an order determined by its seed, and checks their responses. */
export class Requests {
  readonly #parts: readonly RequestPart[]
  readonly #host: string
  readonly #random: () => number
  readonly #checker = new ResponseChecker()
  readonly #weights: number
  readonly #keyPrefix: string
  #createdCount = 0
  #used = 0

  constructor({ parts, target, seed }: Pick<LoadJob, 'parts' | 'target' | 'seed'>) {
    this.#parts = parts
    this.#host = `${target.host}:${target.port}`
    this.#random = seededRandom(seed)
    this.#weights = parts.reduce((sum, part) => sum + part.weight, 0)
    this.#keyPrefix = `bench-${process.pid}-${Date.now()}-${seed}`
  }

  /** Chooses the part of the next request. Cheap: under overload most requests are never sent, and need no text. */
  choose(): number {
    if (this.#parts.length === 1) return 0
    let left = this.#random() * this.#weights
    return this.#parts.findIndex((part) => {
      left -= part.weight
      return left < 0
    })
  }

  /** undefined: every slot has been requested. */
  make(partIndex: number): PlannedRequest | undefined {
    const part = this.#parts[partIndex]
    if (part === undefined) return undefined
    this.#createdCount += 1
    if (part.kind === 'get') {
      const path = pick(part.paths, this.#random())
      const position = part.position === undefined ? '' : `Holdfast-Position: ${part.position}\r\n`
      const head = `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${position}${authorization(part)}`
      return { partIndex, about: path, text: `${head}\r\n` }
    }
    const slotId = this.#slotOf(part)
    if (slotId === undefined) return undefined
    const n = this.#createdCount
    const isFromElsewhere = part.kind === 'book' && part.isFromElsewhere === true
    const phone = isFromElsewhere ? this.#phoneOf(n) : '+44 20 7946 0000'
    const email = `patient${n}${isFromElsewhere ? this.#keyPrefix : ''}@example.org`
    const patient = `{"name":"Patient ${n}","email":"${email}","phone":"${phone}"}`
    const body = `{${placeOf(part, slotId)},"patient":${patient}}`
    const text =
      `POST /api/v1/bookings HTTP/1.1\r\nHost: ${this.#host}\r\n${authorization(part)}` +
      'Content-Type: application/json\r\n' +
      (isFromElsewhere ? `X-Forwarded-For: 10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}\r\n` : '') +
      `Idempotency-Key: ${this.#keyPrefix}-${n}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    return { partIndex, about: part.kind === 'echo' ? body : slotId, text }
  }

  check({ partIndex, about }: PlannedRequest, response: HttpResponse): CheckedResponse {
    const part = this.#parts[partIndex]
    if (part?.kind === 'book') return this.#checker.booking(response, about, part.expected, part.isFull ?? false)
    if (part?.kind === 'get') return this.#checker.list(response, about, part.startsWith)
    return this.#checker.echo(response, about)
  }

  #phoneOf(n: number): string {
    return `+${this.#keyPrefix.replaceAll(/\D/g, '').slice(-12)}${n}`
  }

  #slotOf(part: Exclude<RequestPart, { kind: 'get' }>): string | undefined {
    if (part.kind === 'echo' || part.order === 'random') return pick(part.slotIds, this.#random())
    const slotId = part.slotIds[this.#used]
    this.#used += 1
    return slotId
  }
}

/** The header of a signed-in account, or nothing. */
function authorization(part: RequestPart): string {
  return 'bearer' in part && part.bearer !== undefined ? `Authorization: Bearer ${part.bearer}\r\n` : ''
}

/** What is requested, as members of a JSON object. */
function placeOf(part: Exclude<RequestPart, { kind: 'get' }>, slotId: string): string {
  if (part.kind === 'echo' || part.visitTypeId === undefined) return `"slotId":"${slotId}"`
  const [sessionId, startsAt] = slotId.split(' ')
  return `"sessionId":"${sessionId}","startsAt":"${startsAt}","visitTypeId":"${part.visitTypeId}"`
}

function pick(from: readonly string[], share: number): string {
  const chosen = from[Math.floor(share * from.length)]
  if (chosen === undefined) throw new Error('A part of the load has no slots or paths.')
  return chosen
}
