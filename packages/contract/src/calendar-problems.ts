/** The problems of calendars: a part of `problemKinds`. */
export const calendarProblemKinds = {
  calendar_feed_not_found: {
    status: 404,
    title: 'There is no such calendar feed',
    help: 'It was replaced or revoked, or whoever created it lost their role. Create a new one.',
  },
} as const
