import { healthSchema } from '../schemas/health.ts'
import { operation, operationTable } from './operation.ts'

export const healthOperations = operationTable('Health', {
  getHealth: operation('GET /api/v1/health', {
    summary: 'Read the health of the installation',
    description:
      'Whether the databases respond, work is done and backups can be restored, judged by the thresholds of the ' +
      'alerts. A database that does not respond within some seconds is shown as such, and the others as they are. It ' +
      'is read at most once a second. Of queues and replicas, it has what the server process knows that answers.',
    access: 'site_administrator',
    responses: { 200: { description: 'All checks', schema: healthSchema } },
    clinic: 'none',
  }),
})
