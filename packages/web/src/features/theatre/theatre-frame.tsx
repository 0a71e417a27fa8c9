import { Group } from '@mantine/core'
import { Link, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { Tabs } from '../../ui/tabs/page-tabs.tsx'
import { LiveTheatreState, useLiveTheatre } from './use-live-theatre.ts'
import { useTheatre } from './use-theatre.ts'

/** The clinic's name, which leads back to its pages, and the pages of the theatre. */
export function TheatreFrame() {
  const { t } = useTranslation('theatre')
  const { clinicId, clinic, isStaff, isAdmin } = useTheatre()
  const params = { clinicId }
  const live = useLiveTheatre(clinicId)
  return (
    <div data-wide-page>
      <Group justify="space-between" mb="sm" className="no-print">
        {isStaff ? (
          <Link to="/clinic/$clinicId" params={params} className={layoutClasses.link}>
            {clinic.name}
          </Link>
        ) : (
          <Link to="/my-day" search={{ clinicId }} className={layoutClasses.link}>
            {clinic.name}
          </Link>
        )}
        {isStaff ? (
          <LinkButton to="/clinic/$clinicId/theatre/book" params={params} search={{}} size="sm">
            {t('book.title')}
          </LinkButton>
        ) : null}
      </Group>
      <Tabs
        label={t('tabs.label')}
        tabs={[
          { to: '/clinic/$clinicId/theatre', label: t('tabs.board'), params, search: {}, exact: true },
          { to: '/clinic/$clinicId/theatre/requests', label: t('tabs.requests'), params },
          ...(isStaff ? [{ to: '/clinic/$clinicId/theatre/blocks', label: t('tabs.blocks'), params }] : []),
          ...(isAdmin
            ? [
                { to: '/clinic/$clinicId/theatre/report', label: t('tabs.report'), params, search: {} },
                { to: '/clinic/$clinicId/theatre/setup', label: t('tabs.setup'), params },
              ]
            : []),
        ]}
      />
      <LiveTheatreState value={live}>
        <Outlet />
      </LiveTheatreState>
    </div>
  )
}
