import { Counter, Gauge, type GaugeConfiguration, type Registry } from 'prom-client'
import { described, type MetricName } from './table/metric-table.ts'

type Figure<Value> = Pick<GaugeConfiguration<string>, 'aggregator'> & { name: MetricName; read: () => Value }
/** What the values of several server processes become is said of every gauge: only some can be added up. */
type GaugeFigure<Value> = Figure<Value> & { aggregator: 'sum' | 'max' | 'min' }
/** The value for each value of the label. */
type ByLabel = Iterable<readonly [string, number]>
/** Values with their labels. */
export type Sample = { labels: Readonly<Record<string, string>>; value: number }

/** A gauge that is read with the metrics. */
export function addGauge(registry: Registry, { read, name, ...options }: GaugeFigure<number | Promise<number>>): void {
  new Gauge({
    ...options,
    ...described(name),
    registers: [registry],
    async collect() {
      this.set(await read())
    },
  })
}

/** A gauge that is read with the metrics, for each value of its label. */
export function addGauges(registry: Registry, { read, ...figure }: GaugeFigure<ByLabel>): void {
  addSampleGauge(registry, { ...figure, read: async () => samplesOf(figure.name, read()) })
}

/** A total since the start that is read with the metrics. */
export function addCounter(registry: Registry, { read, ...figure }: Figure<number>): void {
  addSampleCounter(registry, { ...figure, read: async () => [{ labels: {}, value: read() }] })
}

/** A total since the start that is read with the metrics, for each value of its label. */
export function addCounters(registry: Registry, { read, ...figure }: Figure<ByLabel>): void {
  addSampleCounter(registry, { ...figure, read: async () => samplesOf(figure.name, read()) })
}

/** A gauge that is read with the metrics, with any labels. What it no longer reads, it no longer shows. */
export function addSampleGauge(
  registry: Registry,
  { read, name, ...options }: GaugeFigure<Promise<readonly Sample[]>>,
): void {
  new Gauge({
    ...options,
    ...described(name),
    registers: [registry],
    async collect() {
      const samples = await read()
      this.reset()
      for (const { labels, value } of samples) this.set(labels, value)
    },
  })
}

/** A total that is read with the metrics, with any labels. */
export function addSampleCounter(
  registry: Registry,
  { read, name, ...options }: Figure<Promise<readonly Sample[]>>,
): void {
  new Counter({
    ...options,
    ...described(name),
    registers: [registry],
    async collect() {
      const samples = await read()
      this.reset()
      for (const { labels, value } of samples) this.inc(labels, value)
    },
  })
}

function samplesOf(name: MetricName, values: ByLabel): Sample[] {
  const [label = ''] = described(name).labelNames
  return Array.from(values, ([of, value]) => ({ labels: { [label]: of }, value }))
}
