import sql from 'sql-template-tag'

/** The columns of a Message, of table message `m`. */
export const messageColumns = sql`m.id, m.booking_id as "bookingId", m.kind, m.channel, m.state, m.due_at as "dueAt",
  m.attempts, m.attempted_at as "attemptedAt", m.masked_address as "maskedAddress", m.result, m.reason, m.failure,
  m.may_have_arrived as "mayHaveArrived", m.done_at as "doneAt", m.created_at as "createdAt",
  m.content is not null as "hasContent"`
