import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LegendDisplayMode, LegendPlacement, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  type Dashboard as GrafanaDashboard,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { type Dashboard, dashboards, type Panel } from './dashboards.ts'

const legend = new VizLegendOptionsBuilder()
  .showLegend(true)
  .displayMode(LegendDisplayMode.List)
  .placement(LegendPlacement.Bottom)

/** Grafana's grid is 24 columns wide: three panels a row. */
const panelSpan = 8
const panelHeight = 8
/** The Prometheus that is chosen on top of the dashboard. */
const datasource = { type: 'prometheus', uid: '$datasource' }

/** The dashboards for Grafana: the names of their files, and their texts. */
export function dashboardFiles(): [name: string, text: string][] {
  return dashboards.map((one) => [`${one.uid}.json`, `${JSON.stringify(grafanaDashboard(one), null, 2)}\n`])
}

/** Writes the dashboards to deploy/grafana/dashboards of a checkout or a release. */
export function writeDashboards(root: string): void {
  const folder = join(root, 'deploy/grafana/dashboards')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of dashboardFiles()) writeFileSync(join(folder, name), text)
}

function grafanaDashboard({ uid, title, description, rows }: Dashboard): GrafanaDashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['holdfast'])
    .time({ from: 'now-3h', to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title))
    for (const panel of row.panels) builder.withPanel(grafanaPanel(panel))
  }
  return builder.build()
}

function grafanaPanel({ title, unit, queries }: Panel): PanelBuilder {
  const panel = new PanelBuilder()
    .title(title)
    .unit(unit)
    .min(0)
    .datasource(datasource)
    .legend(legend)
    .span(panelSpan)
    .height(panelHeight)
  for (const [index, [expression, legend]] of queries.entries()) {
    const refId = String.fromCharCode('A'.charCodeAt(0) + index)
    panel.withTarget(new DataqueryBuilder().refId(refId).expr(expression).legendFormat(legend).datasource(datasource))
  }
  return panel
}
