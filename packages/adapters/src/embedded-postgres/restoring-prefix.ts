/** The directory of a database that is being restored has this prefix until it is complete. */
export const restoringPrefix = 'postgres.restoring-'
