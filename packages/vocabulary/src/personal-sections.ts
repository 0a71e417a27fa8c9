/** What a clinic's part of the access to one's data (article 15 GDPR) has, in its order. */
export const personalSections = [
  'records',
  'guardians',
  'appointments',
  'cases',
  'caseRequests',
  'waitlist',
  'offers',
  'messages',
  'history',
  'views',
] as const
export type PersonalSection = (typeof personalSections)[number]

/** How many e-mail addresses, and how many telephone numbers, one person is searched for by. */
export const personContactsMax = 10

/** The same of an account. */
export const accountSections = [
  'account',
  'people',
  'sessions',
  'secondFactors',
  'roles',
  'messageChoices',
  'calendarFeeds',
  'securityLog',
] as const
export type AccountSection = (typeof accountSections)[number]
