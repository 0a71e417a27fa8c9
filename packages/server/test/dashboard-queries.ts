import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../../deploy/grafana/dashboards')

type Panel = { title: string; targets?: { expr: string }[]; panels?: Panel[] }

/** The queries of all dashboards of deploy/grafana, by dashboard and panel. */
export function dashboardQueries(): [panel: string, expression: string][] {
  const queriesOf = (dashboard: string, panels: readonly Panel[]): [string, string][] =>
    panels.flatMap(({ title, targets = [], panels: inner = [] }) => [
      ...targets.map(({ expr }): [string, string] => [`${dashboard}: ${title}`, expr]),
      ...queriesOf(dashboard, inner),
    ])
  return readdirSync(folder).flatMap((name) => {
    const { title, panels } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { title: string; panels: Panel[] }
    return queriesOf(title, panels)
  })
}
