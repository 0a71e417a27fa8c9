import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../../../ui/buttons/link-button.tsx'
import { EmptyState } from '../../../../ui/states/empty-state.tsx'
import { useClinic } from '../../use-clinic.ts'

/** Shows what to do first, in place of what only a clinic with doctors has. */
export function NoDoctors() {
  const { t } = useTranslation('admin')
  const { clinicId, isAdmin } = useClinic()
  return (
    <EmptyState title={t('doctors.none')} help={t(isAdmin ? 'doctors.noneHelp' : 'doctors.noneHelpStaff')}>
      {isAdmin ? (
        <LinkButton to="/clinic/$clinicId/doctors" params={{ clinicId }} search={{ add: true }}>
          {t('doctors.add')}
        </LinkButton>
      ) : null}
    </EmptyState>
  )
}
