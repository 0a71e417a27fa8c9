import { Latencies } from '../measure/latencies.ts'
import type { HttpResponse } from './http-connection.ts'
import type { LoadJob, LoadResult, PartResult } from './load-job.ts'
import type { PlannedRequest, Requests } from './requests.ts'

const wrongShownMax = 10

type PartTally = {
  name: string
  outcomes: Record<string, number>
  windowOutcomes: Record<string, number>
  latencies: Record<string, Latencies>
}

/** Counts the responses of one job: all of them for the recount, those in the measured window for the figures. */
export class Tally {
  readonly #requests: Requests
  readonly #parts: PartTally[]
  readonly #wrong: string[] = []
  #wrongCount = 0
  isInWindow = false

  constructor(job: LoadJob, requests: Requests) {
    this.#requests = requests
    this.#parts = job.parts.map((part) => ({
      name: part.kind === 'get' ? part.name : part.kind,
      outcomes: {},
      windowOutcomes: {},
      latencies: {},
    }))
  }

  /** null: the connection was lost before the response. */
  responded(request: PlannedRequest, response: HttpResponse | null, ms: number): void {
    if (response === null) {
      this.#wrongResponse('A connection was lost before the response.')
      this.#count(request, 'lost', ms)
      return
    }
    const { outcome, wrong } = this.#requests.check(request, response)
    if (wrong !== null) this.#wrongResponse(wrong)
    this.#count(request, outcome, ms)
  }

  /** For a request that was never sent, because it waited too long. */
  gaveUp(partIndex: number, ms: number): void {
    this.#count({ partIndex }, 'gave_up', ms)
  }

  result(seconds: number, cpuSeconds: Record<string, number>): LoadResult {
    const parts: PartResult[] = this.#parts.map((part) => ({
      ...part,
      latencies: Object.fromEntries(Object.entries(part.latencies).map(([name, one]) => [name, one.summary()])),
    }))
    return { parts, seconds, wrongCount: this.#wrongCount, wrong: this.#wrong, cpuSeconds }
  }

  #count(request: Pick<PlannedRequest, 'partIndex'>, outcome: string, ms: number): void {
    const part = this.#parts[request.partIndex]
    if (part === undefined) return
    part.outcomes[outcome] = (part.outcomes[outcome] ?? 0) + 1
    if (!this.isInWindow) return
    part.windowOutcomes[outcome] = (part.windowOutcomes[outcome] ?? 0) + 1
    part.latencies[outcome] ??= new Latencies()
    part.latencies[outcome].add(ms)
  }

  #wrongResponse(words: string): void {
    this.#wrongCount += 1
    if (this.#wrong.length < wrongShownMax) this.#wrong.push(words)
  }
}
