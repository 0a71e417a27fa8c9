import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { feedQuery, useNamesPatients } from '../../../domain/calendar-feed/feed-queries.ts'
import { FeedSection } from '../../../domain/calendar-feed/feed-section.tsx'
import { SavingSwitch } from '../../../ui/fields/saving-switch.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'

/** The calendar feed of the clinic, and whether feeds name patients. */
export function CalendarFeedSection() {
  const { t } = useTranslation('calendars')
  const { clinicId, timeZone } = useClinic()
  const owner = { kind: 'clinic', clinicId } as const
  const feed = useQuery(feedQuery(owner)).data
  const saving = useNamesPatients(clinicId)
  return (
    <FeedSection owner={owner} timeZone={timeZone}>
      {feed === undefined ? null : (
        <SavingSwitch
          label={t('feed.names')}
          description={t('feed.namesHelp')}
          checked={feed.patientNames ?? false}
          saving={saving}
        />
      )}
      {saving.isError ? <ErrorState error={saving.error} /> : null}
    </FeedSection>
  )
}
