import { Counter, Gauge, type Registry } from 'prom-client'

/** What live updates of this process count: totals since the start, unless said otherwise. */
export type LiveFigures = {
  /** Now. */
  connections: { socket: number; events: number }
  /** Doctors followed, over all connections, now. */
  subscriptions: number
  messages: number
  /** Messages that were not sent to somebody who does not read. */
  dropped: number
  resyncs: number
}

export function noFigures(): LiveFigures {
  return { connections: { socket: 0, events: 0 }, subscriptions: 0, messages: 0, dropped: 0, resyncs: 0 }
}

/** Shows them in the metrics. */
export function addLiveFigures(
  registry: Registry,
  live: { figures: Readonly<LiveFigures>; bufferedBytes: number },
): void {
  const registers = [registry]
  const read = () => live.figures
  new Gauge({
    name: 'holdfast_live_buffered_bytes',
    help: 'What live connections have been sent and not read yet.',
    registers,
    collect() {
      this.set(live.bufferedBytes)
    },
  })
  new Gauge({
    name: 'holdfast_live_connections',
    help: 'Open connections for live updates: WebSockets (socket) and server-sent events (events).',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, count] of Object.entries(read().connections)) this.set({ kind }, count)
    },
  })
  new Gauge({
    name: 'holdfast_live_subscriptions',
    help: 'Doctors followed, over all connections.',
    registers,
    collect() {
      this.set(read().subscriptions)
    },
  })
  addTotal(registers, 'holdfast_live_messages_total', 'Messages told, over all connections.', () => read().messages)
  addTotal(
    registers,
    'holdfast_live_dropped_total',
    'Messages not sent because the client does not read fast enough; it is told to read again.',
    () => read().dropped,
  )
  addTotal(registers, 'holdfast_live_resyncs_total', 'Messages that tell a client to read again.', () => read().resyncs)
}

function addTotal(registers: Registry[], name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
