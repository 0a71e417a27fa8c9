/** Of a database that is being restored, until it is complete. */
export const restoringPrefix = 'postgres.restoring-'
