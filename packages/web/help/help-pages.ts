/**
 * A page of /help: its source, relative to the repository, and what the overview says of it. Without `language` it is
 * in English: what patients read is in all languages of the site, what clinics and developers read is not.
 */
export type HelpPage = { slug: string; source: string; summary: string; language?: 'de' | 'ar' }

export type HelpSection = { title: string; pages: readonly HelpPage[] }

const guide = (slug: string, summary: string): HelpPage => ({ slug, source: `docs/guides/${slug}.md`, summary })
const operations = (slug: string, summary: string): HelpPage => ({
  slug: `operations-${slug}`,
  source: `docs/operations/${slug}.md`,
  summary,
})
const page = (slug: string, summary: string): HelpPage => ({ slug, source: `docs/${slug}.md`, summary })

/** All pages of /help, in the order of its navigation. Their titles are their first headings. */
export const helpSections: readonly HelpSection[] = [
  {
    title: 'Patients · Deutsch · العربية',
    pages: [
      guide('patients', 'Book appointments, confirm, move and find them again.'),
      {
        slug: 'patients-de',
        source: 'docs/guides/patients.de.md',
        summary: 'Termine buchen, bestätigen, verschieben und wiederfinden.',
        language: 'de',
      },
      {
        slug: 'patients-ar',
        source: 'docs/guides/patients.ar.md',
        summary: 'حجز المواعيد وتأكيدها ونقلها والعثور عليها.',
        language: 'ar',
      },
    ],
  },
  {
    title: 'Guides',
    pages: [
      guide('first-day', 'From an empty clinic to the first booking, in about ten minutes.'),
      guide('booking-for-somebody-else', 'At the desk, on the phone, for a child or a parent.'),
      guide('patient-records', 'Whom the clinic knows: search, flags and notes, and whose booking it is.'),
      guide('being-ill', 'A doctor is ill: close the day and reach the patients.'),
      guide('working-hours', 'Create open sessions and slots each week by a doctor’s hours.'),
      guide('closures', 'Close days for holidays and absences, and see who is booked then.'),
      guide('moving-a-day', 'Move one appointment, or a whole day of them.'),
      guide('operating-theatre', 'Rooms, blocks, cases, the waitlist, emergencies and the report.'),
      guide('visit-types', 'What patients book: length, buffers, fee, who may book it, which doctors offer it.'),
      guide('people-and-roles', 'Invite people, choose their roles, and let somebody go.'),
      guide('second-factors', 'Two-step sign-in, passkeys, and what to do without the phone.'),
      guide('webhooks', 'Send what happens to another program: events, signatures, retries, replays.'),
      guide('api-keys', 'Let another system use the API: scopes, limits, replacing a key.'),
      guide('personal-data', 'Answer somebody who asks what you have stored about them.'),
      guide('erasing-and-archives', 'Erase a patient, keep data only as long as needed, archive old months.'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      page('user-guide', 'What doctors, staff and administrators can do, and where.'),
      page('specializations', 'Names that patients read in their language, and the words that find them.'),
      page('troubleshooting', 'Every message of the site and the API, and what to do.'),
      page('comparison', 'What Holdfast does, beside Cal.com, Doctolib and the NHS.'),
    ],
  },
  {
    title: 'Operating an installation',
    pages: [
      {
        slug: 'operations',
        source: 'docs/operations/README.md',
        summary: 'What to do, task by task, and what is where.',
      },
      operations('install', 'From a release to the first sign-in.'),
      operations('configure', 'Settings, another name, several servers, webhooks, calendars, search engines.'),
      operations('messages', 'Mail server, SMS provider, and what happens to each message.'),
      operations('back-up', 'Save the data continuously, and test that it can be restored.'),
      operations('restore', 'Return to an earlier moment, or to another machine.'),
      operations('upgrade', 'Install a newer release.'),
      operations('secret', 'Change the secret, or start without the former one.'),
      operations('monitoring', 'Be warned before users notice: Prometheus in five steps.'),
      operations('alerts', 'What each alert means for patients, and what to do.'),
      operations('metrics', 'What to watch, and what the log has.'),
      operations('overload', 'What happens under load, and when something fails.'),
      operations('security-log', 'Who did what.'),
      operations('verify', 'Whether all bookings add up.'),
      operations('archive', 'What grows, and how to move old months into files.'),
      operations('commands', 'Every command.'),
      operations('troubleshooting', 'Messages of the start, the installation and the backups.'),
      page('configuration', 'Every setting, with its default.'),
    ],
  },
  {
    title: 'For developers',
    pages: [
      page('api-guide', 'Book by program: sign-in, retries, live places, errors, the typed client.'),
      page('theatre-api', 'The operating theatre by program: rooms, blocks, cases, live changes, reports.'),
      { slug: 'changelog', source: 'CHANGELOG.md', summary: 'What changed in each version.' },
    ],
  },
]

export const helpPages: readonly HelpPage[] = helpSections.flatMap(({ pages }) => pages)
