import { Counter, Gauge, type Registry } from 'prom-client'

/** Counters of live updates in this process. Totals since the start, unless stated otherwise. */
export const noFigures = () => ({
  /** Current number. */
  connections: { socket: 0, events: 0 },
  /** Current number of subscribed doctors, over all connections. */
  subscriptions: 0,
  messages: 0,
  /** Messages not sent because the subscriber does not read fast enough. */
  dropped: 0,
  resyncs: 0,
})

export type LiveFigures = ReturnType<typeof noFigures>

/** Adds the counters to the metrics. */
export function addLiveFigures(
  registry: Registry,
  live: { figures: Readonly<LiveFigures>; bufferedBytes: number },
): void {
  const registers = [registry]
  const gauges = [
    ['buffered_bytes', 'Bytes sent to live connections that they have not read yet.', () => live.bufferedBytes],
    ['subscriptions', 'Subscribed doctors, over all connections.', () => live.figures.subscriptions],
  ] as const
  const counters = [
    ['messages', 'Messages sent, over all connections.'],
    ['dropped', 'Messages not sent because the client does not read fast enough. It gets a resync instead.'],
    ['resyncs', 'Resync messages, which tell a client to read again.'],
  ] as const
  new Gauge({
    name: 'holdfast_live_connections',
    help: 'Open connections for live updates: WebSockets (socket) and server-sent events (events).',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, count] of Object.entries(live.figures.connections)) this.set({ kind }, count)
    },
  })
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `holdfast_live_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  for (const [name, help] of counters) {
    new Counter({
      name: `holdfast_live_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(live.figures[name])
      },
    })
  }
}
