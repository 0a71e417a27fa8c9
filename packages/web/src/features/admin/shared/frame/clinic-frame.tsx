import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../../../lib/session/session.ts'
import { LinkButton } from '../../../../ui/buttons/link-button.tsx'
import { TextLink } from '../../../../ui/buttons/text-link.tsx'
import { MoreTabs } from '../../../../ui/tabs/more-tabs.tsx'
import { Tabs } from '../../../../ui/tabs/page-tabs.tsx'
import { useClinic } from '../../use-clinic.ts'
import { requestCountQuery, requestCountText } from '../booking/requests-query.ts'
import { Shortcuts } from './shortcuts.tsx'

/** The clinic's name, its pages, and the link to book for a patient. */
export function ClinicFrame() {
  const { t } = useTranslation('admin')
  const { clinicId, clinic, isAdmin } = useClinic()
  const session = useSession()
  const count = useQuery(requestCountQuery(clinicId)).data
  const hasRequests = count !== undefined && count.waiting > 0
  const params = { clinicId }
  const ofAdmins = [
    { to: '/clinic/$clinicId/visit-types', label: t('tabs.visitTypes'), params },
    { to: '/clinic/$clinicId/rooms', label: t('tabs.visitResources'), params },
    { to: '/clinic/$clinicId/people', label: t('tabs.people'), params },
    { to: '/clinic/$clinicId/webhooks', label: t('tabs.webhooks'), params },
    { to: '/clinic/$clinicId/api-keys', label: t('tabs.apiKeys'), params },
    { to: '/clinic/$clinicId/privacy', label: t('tabs.privacy'), params },
    { to: '/clinic/$clinicId/proof', label: t('tabs.proof'), params },
    { to: '/clinic/$clinicId/security-log', label: t('tabs.audit'), params },
  ]
  const ofRequests = {
    to: '/clinic/$clinicId/requests',
    label: hasRequests ? t('tabs.requestsOf', { number: requestCountText(count) }) : t('tabs.requests'),
    params,
  }
  const seldom = [
    ...(hasRequests ? [] : [ofRequests]),
    { to: '/clinic/$clinicId/messages', label: t('tabs.messages'), params },
    { to: '/clinic/$clinicId/closures', label: t('tabs.closures'), params },
    { to: '/clinic/$clinicId/working-hours', label: t('tabs.workingHours'), params },
    ...(isAdmin ? ofAdmins : []),
  ]
  return (
    <>
      <Group justify="space-between" mt="-0.75rem" mb={4} className="no-print">
        <div>
          <Text fw={600} c="dimmed">
            {clinic.name}
          </Text>
          {session.kind === 'account' && session.me.siteAdministrator ? (
            <TextLink to="/clinic" search={{ all: true }}>
              {t('clinics.all')}
            </TextLink>
          ) : null}
        </div>
        <Group gap="xs">
          <Shortcuts clinicId={clinicId} />
          <LinkButton to="/clinic/$clinicId/book" params={params} search={{}} size="sm">
            {t('book.link')}
          </LinkButton>
        </Group>
      </Group>
      <Tabs
        label={t('tabs.label')}
        tabs={[
          { to: '/clinic/$clinicId/day', label: t('tabs.day'), params },
          ...(isAdmin ? [{ to: '/clinic/$clinicId', label: t('tabs.dashboard'), params, exact: true }] : []),
          { to: '/clinic/$clinicId/bookings', label: t('tabs.bookings'), params },
          ...(hasRequests ? [ofRequests] : []),
          { to: '/clinic/$clinicId/patients', label: t('tabs.patients'), params },
          { to: '/clinic/$clinicId/doctors', label: t('tabs.doctors'), params },
          { to: '/clinic/$clinicId/times', label: t('tabs.times'), params },
          { to: '/clinic/$clinicId/waitlist', label: t('tabs.waitlist'), params },
          { to: '/clinic/$clinicId/theatre', label: t('tabs.theatre'), params },
          ...(isAdmin ? [{ to: '/clinic/$clinicId/settings', label: t('tabs.settings'), params }] : []),
        ]}
        more={<MoreTabs tabs={seldom} />}
      />
      <Outlet />
    </>
  )
}
