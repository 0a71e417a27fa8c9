/** Where the load goes. */
export type Target = { host: string; port: number }

/** What is asked. `expected` are the outcomes that count as right; any other makes the round void. */
export type RequestPart =
  | {
      kind: 'book'
      /** Of this part among all requests of the plan. */
      weight: number
      slotIds: readonly string[]
      /** `once`: each slot is asked for once, in turn, which capacity-1 slots need; when they run out the load ends. */
      order: 'random' | 'once'
      expected: readonly string[]
      /** A signed-in account's token. */
      bearer?: string
      /** Our own answers have more fields than the baselines' designs know. */
      isFull?: boolean
    }
  | {
      kind: 'get'
      name: string
      weight: number
      paths: readonly string[]
      startsWith: string
      /** A Holdfast-Position to send along. */
      position?: string
    }
  /** The same bodies as `book`, to a server that echoes them. */
  | { kind: 'echo'; weight: number; slotIds: readonly string[] }

/** When requests are sent. */
export type LoadShape =
  /** Each connection sends its next request when it has its answer. */
  | { kind: 'closed'; warmupMs: number; durationMs: number }
  /** Arrivals are fixed beforehand, by seed; whoever waited longer than `giveUpMs` unsent has left. */
  | { kind: 'open'; warmupMs: number; durationMs: number; ratePerSecond: number; giveUpMs: number }
  /** So many requests at once, spread over the connections, each sent as soon as its connection is free. */
  | { kind: 'burst'; requests: number }

export type LoadJob = {
  target: Target
  connections: number
  shape: LoadShape
  seed: number
  parts: readonly RequestPart[]
  /** Processes whose CPU time is read at both ends of the measured window; `withChildren` adds those they started. */
  watch: readonly { name: string; pid: number; withChildren: boolean }[]
}

/** Milliseconds. */
export type LatencySummary = { count: number; p50: number; p90: number; p99: number; p999: number; max: number }

export type PartResult = {
  name: string
  /** All answers of the job, by outcome: they must add up with what the database holds. */
  outcomes: Record<string, number>
  /** Those of the measured window alone. */
  windowOutcomes: Record<string, number>
  /** Of the window, by outcome. */
  latencies: Record<string, LatencySummary>
}

export type LoadResult = {
  parts: PartResult[]
  /** The measured window. */
  seconds: number
  /** Answers that were not what the contract or the part says, counted, and the first few in words. */
  wrongCount: number
  wrong: string[]
  /** CPU seconds of the window, by the names of `watch`, and `generator`. */
  cpuSeconds: Record<string, number>
}

export type LoadMessage = { kind: 'run'; job: LoadJob }
export type LoadReply = { kind: 'result'; result: LoadResult } | { kind: 'failed'; message: string }
