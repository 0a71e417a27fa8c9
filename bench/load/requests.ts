import { Answers, type Verdict } from './answers.ts'
import type { HttpAnswer } from './http-connection.ts'
import type { LoadJob, RequestPart } from './load-job.ts'
import { seededRandom } from './random.ts'

/** One request, ready to be sent, and what it takes to judge its answer. */
export type PlannedRequest = { partIndex: number; text: string; about: string }

/** Makes the requests of a job, in an order that its seed fixes, and judges their answers. */
export class Requests {
  readonly #parts: readonly RequestPart[]
  readonly #host: string
  readonly #random: () => number
  readonly #answers = new Answers()
  readonly #weights: number
  readonly #keyPrefix: string
  #made = 0
  #used = 0

  constructor({ parts, target, seed }: Pick<LoadJob, 'parts' | 'target' | 'seed'>) {
    this.#parts = parts
    this.#host = `${target.host}:${target.port}`
    this.#random = seededRandom(seed)
    this.#weights = parts.reduce((sum, part) => sum + part.weight, 0)
    this.#keyPrefix = `bench-${process.pid}-${Date.now()}-${seed}`
  }

  /** Which part the next request is of. Cheap: under overload most requests are never sent, and need no text. */
  choose(): number {
    if (this.#parts.length === 1) return 0
    let left = this.#random() * this.#weights
    return this.#parts.findIndex((part) => {
      left -= part.weight
      return left < 0
    })
  }

  /** undefined: there is nothing left to ask for. */
  make(partIndex: number): PlannedRequest | undefined {
    const part = this.#parts[partIndex]
    if (part === undefined) return undefined
    this.#made += 1
    if (part.kind === 'get') {
      const path = pick(part.paths, this.#random())
      const position = part.position === undefined ? '' : `Holdfast-Position: ${part.position}\r\n`
      return { partIndex, about: path, text: `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${position}\r\n` }
    }
    const slotId = this.#slotOf(part)
    if (slotId === undefined) return undefined
    const body = `{"slotId":"${slotId}","patient":{"name":"Patient ${this.#made}","email":"patient${this.#made}@example.org","phone":"+44 20 7946 0000"}}`
    const authorization =
      part.kind === 'book' && part.bearer !== undefined ? `Authorization: Bearer ${part.bearer}\r\n` : ''
    const text = `POST /api/v1/bookings HTTP/1.1\r\nHost: ${this.#host}\r\n${authorization}Content-Type: application/json\r\nIdempotency-Key: ${this.#keyPrefix}-${this.#made}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    return { partIndex, about: part.kind === 'echo' ? body : slotId, text }
  }

  judge({ partIndex, about }: PlannedRequest, answer: HttpAnswer): Verdict {
    const part = this.#parts[partIndex]
    if (part?.kind === 'book') return this.#answers.booking(answer, about, part.expected, part.isFull ?? false)
    if (part?.kind === 'get') return this.#answers.list(answer, about, part.startsWith)
    return this.#answers.echo(answer, about)
  }

  #slotOf(part: Exclude<RequestPart, { kind: 'get' }>): string | undefined {
    if (part.kind === 'echo' || part.order === 'random') return pick(part.slotIds, this.#random())
    const slotId = part.slotIds[this.#used]
    this.#used += 1
    return slotId
  }
}

function pick(from: readonly string[], share: number): string {
  const chosen = from[Math.floor(share * from.length)]
  if (chosen === undefined) throw new Error('A part of the load has nothing to choose from.')
  return chosen
}
