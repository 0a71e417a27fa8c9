import type { Registry } from 'prom-client'
import { addGauges } from './figures.ts'
import type { HeldBackWatch, HoldsBack } from './watch-held-back.ts'

const kinds: readonly HoldsBack[] = ['holdfast', 'other', 'prepared', 'ended']

/** Adds for how long the log is held back, and by whom. */
export function addHeldBackFigures(registry: Registry, watch: HeldBackWatch): void {
  addGauges(registry, {
    name: 'holdfast_event_tail_held_back_seconds',
    aggregator: 'max',
    read: () => kinds.map((kind) => [kind, watch.by() === kind ? (watch.latest()?.seconds ?? 0) : 0]),
  })
}
