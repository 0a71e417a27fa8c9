import { visitTypeLimits } from '@holdfast/vocabulary'

/** The problems of visit types: a part of `problemKinds`. */
export const visitProblemKinds = {
  visit_type_not_found: {
    status: 404,
    title: 'There is no such visit type',
    help: 'List them with GET /clinics/{id}/visit-types.',
  },
  too_many_visit_types: {
    status: 409,
    title: 'The clinic has too many visit types',
    help: 'They are never deleted: change one that is switched off, and switch it on again.',
    detail: `The clinic has ${visitTypeLimits.visitTypesMax} visit types, which is the most.`,
  },
} as const
