import Type from 'typebox'

/** The problems of the waitlist: a part of `problemKinds`. */
export const waitlistProblemKinds = {
  waitlist_entry_not_found: {
    status: 404,
    title: 'There is no such entry on the waitlist',
    help: 'Check the id. Without access to the entry, the response is the same as for an id that does not exist.',
  },
  already_waiting: {
    status: 409,
    title: 'This account or contact waits for the same already',
    help:
      'Read the entry with its manage token, or with GET /me/waitlist-entries. Members of the clinic get its ' +
      '`entryId`; for somebody else of the same name, send another e-mail address or telephone number.',
    members: { entryId: Type.String({ description: 'the entry on the waitlist, for members of the clinic' }) },
  },
  offer_of_another_patient: {
    status: 422,
    title: 'The offer is for another patient',
    help:
      'Send no `patient`, or the name and e-mail address of the waitlist entry. What the entry lacks may be added; ' +
      'members of the clinic may change everything.',
  },
  too_many_waitlist_entries: {
    status: 409,
    title: 'Too many waitlist entries from this address, account or contact',
    help: 'Leave a waitlist with DELETE /waitlist-entries/{id}, sign in, or contact the clinic.',
  },
} as const
