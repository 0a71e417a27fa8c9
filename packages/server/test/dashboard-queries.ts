import { dashboardFiles } from '../../../tools/dashboards/grafana-json.ts'

type Panel = { title: string; targets?: { expr: string }[]; panels?: Panel[] }

/** The queries of all dashboards for Grafana, by dashboard and panel. */
export function dashboardQueries(): [panel: string, expression: string][] {
  const queriesOf = (dashboard: string, panels: readonly Panel[]): [string, string][] =>
    panels.flatMap(({ title, targets = [], panels: inner = [] }) => [
      ...targets.map(({ expr }): [string, string] => [`${dashboard}: ${title}`, expr]),
      ...queriesOf(dashboard, inner),
    ])
  return dashboardFiles().flatMap(([, text]) => {
    const { title, panels } = JSON.parse(text) as { title: string; panels: Panel[] }
    return queriesOf(title, panels)
  })
}
