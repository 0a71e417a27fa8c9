import { proofSchema } from '../schemas/report.ts'
import { operation } from './operation.ts'

export const proofOperations = {
  getProof: operation({
    method: 'GET',
    url: '/api/v1/proof',
    tag: 'Proof',
    summary: 'Read how many bookings there are, and how many double bookings',
    description:
      'Counted from the bookings of all clinics: all of them once a day, and those that changed since then at most ' +
      'once in ten minutes.',
    access: 'anyone',
    responses: { 200: { description: 'The last count', schema: proofSchema } },
    clinic: 'none',
    problems: [],
  }),
}
