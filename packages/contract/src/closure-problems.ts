/** The problems of closures: a part of `problemKinds`. */
export const closureProblemKinds = {
  closure_not_found: {
    status: 404,
    title: 'There is no such closure',
    help: 'List them with GET /clinics/{id}/closures. It may have been removed.',
  },
  too_many_closures: {
    status: 409,
    title: 'The clinic has too many closures',
    help: 'Remove one that is not over, or close several days with one.',
  },
} as const
