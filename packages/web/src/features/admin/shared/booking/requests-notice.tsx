import { Alert, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../../lib/i18n/format.ts'
import { LinkButton } from '../../../../ui/buttons/link-button.tsx'
import { useClinic } from '../../use-clinic.ts'
import { requestCountQuery, requestCountText } from './requests-query.ts'

/** How many requests wait for the clinic, and when the first of them ends without an answer; nothing without any. */
export function RequestsNotice() {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const count = useQuery(requestCountQuery(clinicId)).data
  if (count === undefined || count.waiting === 0) return null
  const { waiting, firstEndsAt } = count
  return (
    <Alert variant="outline" color="amber" radius="lg" role="status" className="no-print">
      <Group gap="sm">
        <Text>
          {t('requests.waiting', { count: waiting, number: requestCountText(count) })}{' '}
          {firstEndsAt === null ? null : t('requests.firstEnds', { when: formatDayTime(firstEndsAt, timeZone) })}
        </Text>
        <LinkButton size="sm" variant="default" to="/clinic/$clinicId/requests" params={{ clinicId }}>
          {t('requests.see')}
        </LinkButton>
      </Group>
    </Alert>
  )
}
