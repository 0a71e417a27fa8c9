import type { Metric } from './table/metric.ts'
import { metricTable, processMetrics } from './table/metric-table.ts'

/** One Markdown row per metric, with its labels. */
export function metricsTable(): string {
  const all: [string, Metric][] = [...Object.entries(metricTable), ...Object.entries(processMetrics)]
  const rows = all.map(([name, { labels = [], help, watch }]) => {
    const labelled = labels.length === 0 ? '' : ` {${labels.join(', ')}}`
    return `| ${[`\`${name}\`${labelled}`, help, watch].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return ['| metric {labels} | what it is | what to watch |', '|---|---|---|', ...rows].join('\n')
}
