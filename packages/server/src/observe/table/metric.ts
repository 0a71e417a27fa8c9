/** What is known of a metric, once: the registry, the page of metrics and the checks of alerts take it from here. */
export type Metric = {
  /** What it is, as Prometheus shows it. */
  help: string
  /** Which values need somebody's attention, for docs/operations/metrics.md. */
  watch: string
  labels?: readonly string[]
}
