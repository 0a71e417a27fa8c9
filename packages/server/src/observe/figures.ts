import { Counter, Gauge, type GaugeConfiguration, type Registry } from 'prom-client'

type Figure<Value> = Pick<GaugeConfiguration<string>, 'name' | 'help'> & { read: () => Value }
type GaugeFigure<Value> = Figure<Value> & Pick<GaugeConfiguration<string>, 'aggregator'>
/** The value for each value of the label. */
type ByLabel = Iterable<readonly [string, number]>

/** A gauge that is read with the metrics. */
export function addGauge(registry: Registry, { read, ...figure }: GaugeFigure<number | Promise<number>>): void {
  new Gauge({
    ...figure,
    registers: [registry],
    async collect() {
      this.set(await read())
    },
  })
}

/** A gauge that is read with the metrics, for each value of a label. */
export function addGauges(registry: Registry, label: string, { read, ...figure }: GaugeFigure<ByLabel>): void {
  new Gauge({
    ...figure,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [name, value] of read()) this.set({ [label]: name }, value)
    },
  })
}

/** A total since the start that is read with the metrics. */
export function addCounter(registry: Registry, { read, ...figure }: Figure<number>): void {
  new Counter({
    ...figure,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

/** A total since the start that is read with the metrics, for each value of a label. */
export function addCounters(registry: Registry, label: string, { read, ...figure }: Figure<ByLabel>): void {
  new Counter({
    ...figure,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset()
      for (const [name, total] of read()) this.inc({ [label]: name }, total)
    },
  })
}
