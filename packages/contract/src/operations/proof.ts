import { proofSchema } from '../schemas/report.ts'
import { operation, operationTable } from './operation.ts'

export const proofOperations = operationTable('Proof', {
  getProof: operation('GET /api/v1/proof', {
    summary: 'Read how many bookings there are, and how many double bookings',
    description:
      'Counted from the bookings of all clinics: all of them once a day, and those that changed since then at most ' +
      'once in ten minutes.',
    access: 'anyone',
    responses: { 200: { description: 'The last count', schema: proofSchema } },
    clinic: 'none',
  }),
})
