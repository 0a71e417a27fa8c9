import type { Me } from '@holdfast/contract/client'
import { useQueries } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { helpPath } from '../lib/i18n/help-path.ts'
import { currentLanguage } from '../lib/i18n/i18n.ts'
import { clinicQuery } from '../lib/queries/directory-queries.ts'
import { roleIn } from '../lib/session/access.ts'
import { useSession } from '../lib/session/session.ts'
import type { Command } from './command.ts'
import { navigation } from './navigation.ts'

type CommandGroup = { label: string; commands: Command[] }

/** Somebody who works in more clinics opens the others by the list of clinics. */
const clinicsMax = 5

/** The pages that the reader may open: of the site, and of the clinics where they work. */
export function useCommands(): CommandGroup[] {
  const { t } = useTranslation(['commands', 'shell'])
  const session = useSession()
  const me = session.kind === 'account' ? session.me : null
  const account =
    session.kind === 'guest'
      ? { label: t('shell:nav.signIn'), href: '/sign-in' }
      : { label: t('shell:nav.account'), href: '/account' }
  const pages = [
    ...navigation
      .filter((item) => item.isFor(session))
      .map(({ to, label }) => ({ label: t(`shell:${label}`), href: to })),
    { label: t('shell:footer.findBooking'), href: '/find-booking' },
    { label: t('shell:waitlist.mine'), href: '/my-waitlist' },
    account,
    { label: t('shell:footer.help'), href: helpPath(currentLanguage()) },
    { label: t('shell:footer.api'), href: '/docs' },
  ]
  const site = { label: t('pages'), commands: pages.map((page) => ({ ...page, about: null })) }
  return [...useClinicCommands(me), site]
}

function useClinicCommands(me: Me | null): CommandGroup[] {
  const { t } = useTranslation('admin')
  const clinicIds = useClinicIds(me)
  const clinics = useQueries({ queries: clinicIds.map((id) => clinicQuery(id)) })
  return clinics.flatMap(({ data: clinic }) => {
    const role = clinic === undefined || me === null ? null : roleIn(me, clinic.id)
    if (clinic === undefined || role === null || role === 'doctor') return []
    const page = (label: string, path: string) => ({ label, about: clinic.name, href: `/clinic/${clinic.id}${path}` })
    const ofStaff = [
      page(t('tabs.day'), '/day'),
      page(t('book.link'), '/book'),
      page(t('tabs.bookings'), '/bookings'),
      page(t('tabs.doctors'), '/doctors'),
      page(t('tabs.times'), '/times'),
      page(t('tabs.workingHours'), '/working-hours'),
      page(t('tabs.closures'), '/closures'),
      page(t('tabs.waitlist'), '/waitlist'),
      page(t('tabs.theatre'), '/theatre'),
      page(t('tabs.patients'), '/patients'),
      page(t('tabs.messages'), '/messages'),
    ]
    const ofAdmins = [
      page(t('tabs.dashboard'), ''),
      page(t('tabs.visitTypes'), '/visit-types'),
      page(t('tabs.visitResources'), '/rooms'),
      page(t('tabs.people'), '/people'),
      page(t('tabs.settings'), '/settings'),
      page(t('tabs.privacy'), '/privacy'),
      page(t('tabs.webhooks'), '/webhooks'),
      page(t('tabs.apiKeys'), '/api-keys'),
      page(t('tabs.proof'), '/proof'),
      page(t('audit.title'), '/security-log'),
    ]
    return [{ label: clinic.name, commands: role === 'admin' ? [...ofStaff, ...ofAdmins] : ofStaff }]
  })
}

/** The clinic of this page first, which a site administrator need not be a member of. */
function useClinicIds(me: Me | null): string[] {
  const pathname = useRouterState({ select: ({ location }) => location.pathname })
  if (me === null) return []
  const [, current] = /^\/clinic\/([0-9a-f-]{36})/.exec(pathname) ?? []
  const own = me.memberships.filter(({ role }) => role !== 'doctor').map(({ clinicId }) => clinicId)
  return [...new Set([...(current === undefined ? [] : [current]), ...own])].slice(0, clinicsMax)
}
