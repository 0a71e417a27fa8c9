import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { useTheatre } from './use-theatre.ts'

/** What a theatre needs, in order; shown before there is a room. */
export function NoRooms() {
  const { t } = useTranslation('theatre')
  const { clinicId, isAdmin } = useTheatre()
  const params = { clinicId }
  return (
    <EmptyState title={t('steps.title')} help={t(isAdmin ? 'steps.help' : 'steps.helpStaff')}>
      {isAdmin ? (
        <>
          <ol>
            <li>{t('steps.rooms')}</li>
            <li>{t('steps.staff')}</li>
            <li>{t('steps.equipment')}</li>
            <li>{t('steps.blocks')}</li>
            <li>{t('steps.book')}</li>
          </ol>
          <LinkButton to="/clinic/$clinicId/theatre/setup" params={params}>
            {t('steps.start')}
          </LinkButton>
        </>
      ) : null}
    </EmptyState>
  )
}
