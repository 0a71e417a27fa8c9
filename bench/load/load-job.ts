/** The server under load. */
export type Target = {
  host: string
  port: number
  /** The ports of other servers of the same database: the connections go to all of them in turn. */
  morePorts?: readonly number[]
  /** The name and the certificate that it shows; undefined: it is reached without TLS. */
  tls?: { name: string; certificate: string }
  /** The connections come from so many loopback addresses in turn, for a proxy with limits by address. */
  clientAddresses?: number
}

/** One kind of request. `expected`: the outcomes that are right; any other makes the round void. */
export type RequestPart =
  | {
      kind: 'book'
      /** This part's share of all requests. */
      weight: number
      /** With `visitTypeId`, each is an open session and the start of a visit in it, with a space between them. */
      slotIds: readonly string[]
      visitTypeId?: string
      /** `once`: each slot is requested once, for slots with capacity 1; the load ends when they run out. */
      order: 'random' | 'once'
      expected: readonly string[]
      /** A signed-in account's token. */
      bearer?: string
      /** Each request names another client's address and another phone number. */
      isFromElsewhere?: boolean
      /** Holdfast's responses have more fields than the baselines'. */
      isFull?: boolean
    }
  | {
      kind: 'get'
      name: string
      weight: number
      paths: readonly string[]
      startsWith: string
      /** The Holdfast-Position header to send. */
      position?: string
      /** A signed-in account's token. */
      bearer?: string
    }
  /** The same bodies as `book`, to a server that echoes them. */
  | { kind: 'echo'; weight: number; slotIds: readonly string[] }

/** When requests are sent. */
export type LoadShape =
  /** Each connection sends its next request when it has the response. */
  | { kind: 'closed'; warmupMs: number; durationMs: number }
  /** Arrivals are determined by the seed; a request that waits unsent for longer than `giveUpMs` is given up. */
  | { kind: 'open'; warmupMs: number; durationMs: number; ratePerSecond: number; giveUpMs: number }
  /** So many requests at once, distributed over the connections, each sent as soon as its connection is free. */
  | { kind: 'burst'; requests: number }

export type LoadJob = {
  target: Target
  connections: number
  shape: LoadShape
  seed: number
  parts: readonly RequestPart[]
  /** Processes whose CPU time in the measured window is reported; `withChildren` adds their child processes. */
  watch: readonly { name: string; pid: number; withChildren: boolean }[]
}

/** Milliseconds. */
export type LatencySummary = { count: number; p50: number; p90: number; p99: number; p999: number; max: number }

export type PartResult = {
  name: string
  /** All responses of the job, by outcome: they must agree with the database. */
  outcomes: Record<string, number>
  /** Only those in the measured window. */
  windowOutcomes: Record<string, number>
  /** The latencies in the measured window, by outcome. */
  latencies: Record<string, LatencySummary>
}

export type LoadResult = {
  parts: PartResult[]
  /** The length of the measured window. */
  seconds: number
  /** The number of responses that break the contract or the part's expectations, and a description of the first few. */
  wrongCount: number
  wrong: string[]
  /** CPU seconds in the window, by the names of `watch`, and of `generator`. */
  cpuSeconds: Record<string, number>
}

export type LoadMessage = { kind: 'run'; job: LoadJob }
export type LoadReply = { kind: 'result'; result: LoadResult } | { kind: 'failed'; message: string }
