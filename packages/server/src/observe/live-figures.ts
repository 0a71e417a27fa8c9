import type { Registry } from 'prom-client'
import { addCounter, addGauge, addGauges } from './figures.ts'

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
  addGauges(registry, {
    name: 'holdfast_live_connections',
    aggregator: 'sum',
    read: () => Object.entries(live.figures.connections),
  })
  addGauge(registry, {
    name: 'holdfast_live_buffered_bytes',
    aggregator: 'sum',
    read: () => live.bufferedBytes,
  })
  addGauge(registry, {
    name: 'holdfast_live_subscriptions',
    aggregator: 'sum',
    read: () => live.figures.subscriptions,
  })
  addCounter(registry, {
    name: 'holdfast_live_messages_total',
    read: () => live.figures.messages,
  })
  addCounter(registry, {
    name: 'holdfast_live_dropped_total',
    read: () => live.figures.dropped,
  })
  addCounter(registry, {
    name: 'holdfast_live_resyncs_total',
    read: () => live.figures.resyncs,
  })
}
