// `npm run dashboards`: writes the dashboards for Grafana (deploy/grafana).
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dashboardFiles } from './grafana-json.ts'

const folder = join(import.meta.dirname, '../../deploy/grafana/dashboards')
mkdirSync(folder, { recursive: true })
for (const [name, text] of dashboardFiles()) writeFileSync(join(folder, name), text)
