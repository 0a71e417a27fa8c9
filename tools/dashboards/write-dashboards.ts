// `npm run dashboards`: writes the dashboards for Grafana to deploy/grafana/dashboards, which is not in Git. A release
// has them.
import { join } from 'node:path'
import { writeDashboards } from './grafana-json.ts'

writeDashboards(join(import.meta.dirname, '../..'))
