// Completeness: a dashboard of deploy/grafana shows a metric that does not exist
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboardQueries } from '../../test/dashboard-queries.ts'
import { metricTable, processMetrics } from './table/metric-table.ts'

const queries = dashboardQueries()

test('each query of a dashboard is about metrics that exist', () => {
  expect(queries.length).toBeGreaterThan(40)
  const known = Object.keys({ ...metricTable, ...processMetrics })
  for (const [panel, expression] of queries) {
    const names = (expression.match(/holdfast_\w+/g) ?? []).map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    expect(names, panel).not.toEqual([])
    expect(
      names.filter((name) => !known.includes(name)),
      panel,
    ).toEqual([])
  }
})

test('Grafana finds the dashboards where docs/operations/monitoring.md puts them', () => {
  const root = join(import.meta.dirname, '../../../..')
  const { providers } = parse(readFileSync(join(root, 'deploy/grafana/provisioning.yml'), 'utf8'))
  expect(providers).toMatchObject([{ type: 'file', options: { path: '/var/lib/grafana/holdfast' } }])
  const page = readFileSync(join(root, 'docs/operations/monitoring.md'), 'utf8')
  expect(page).toContain("/deploy/grafana/dashboards/*.json' /var/lib/grafana/holdfast/\n")
  // What is copied again takes the place of the former dashboards.
  expect(page).toContain('   mkdir -p /var/lib/grafana/holdfast\n   rm -f /var/lib/grafana/holdfast/*.json\n')
})
