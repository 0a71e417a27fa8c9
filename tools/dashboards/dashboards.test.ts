// Completeness: deploy/grafana has not what tools/dashboards says
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dashboardFiles } from './grafana-json.ts'

const folder = join(import.meta.dirname, '../../deploy/grafana/dashboards')

test('the dashboards of deploy/grafana are those of the code: `npm run dashboards` writes them', () => {
  const stored = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(dashboardFiles()))
})
