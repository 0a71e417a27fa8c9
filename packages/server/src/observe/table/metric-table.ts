import type { Metric } from './metric.ts'
import { servingMetrics } from './serving-metrics.ts'
import { workMetrics } from './work-metrics.ts'

/** All metrics of Holdfast, by their names. */
export const metricTable = { ...servingMetrics, ...workMetrics }

export type MetricName = keyof typeof metricTable

/** The metrics of prom-client about each process that need attention. */
export const processMetrics = {
  holdfast_nodejs_eventloop_lag_p99_seconds: {
    help: 'How late the process does what is due, at the 99th percentile since the last reading.',
    watch: 'above 0.5: the process has too much to do',
  },
  holdfast_process_resident_memory_bytes: {
    help: 'Resident memory size in bytes.',
    watch: 'growing without end',
  },
  holdfast_process_cpu_seconds_total: {
    help: 'Total user and system CPU time spent in seconds.',
    watch: 'near 1 a second for each process: more processes or machines are needed',
  },
} as const satisfies Record<string, Metric>

/** What prom-client needs to create a metric. */
export function described(name: MetricName): { name: MetricName; help: string; labelNames: string[] } {
  const { help, labels = [] }: Metric = metricTable[name]
  return { name, help, labelNames: [...labels] }
}
