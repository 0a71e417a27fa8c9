import sql, { type Sql } from 'sql-template-tag'

/**
 * Whether rows of the clinic with this number can be changed, because it is not being moved to another database: for
 * statements that change rows of several clinics (sql/functions/move/moving_clinics.sql). Read once a statement.
 */
export const canChange = (clinicNo: Sql): Sql => sql`${clinicNo} <> all ((select holdfast.moving_clinics())::integer[])`
