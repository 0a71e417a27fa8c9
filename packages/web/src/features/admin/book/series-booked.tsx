import type { CreatedBookingSeries } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { formatAppointment } from '../../../lib/i18n/format.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { useClinic } from '../use-clinic.ts'

type Props = { series: CreatedBookingSeries; name: string; onAgain: (isForSame: boolean) => void }

/** Shows that all visits of a series were booked. */
export function SeriesBooked({ series: { items }, name, onAgain }: Props) {
  const { t } = useTranslation(['admin', 'series'])
  const { clinicId, doctors, timeZone } = useClinic()
  const [first] = items
  return (
    <Stack gap="lg">
      <PageTitle>{t('series:done')}</PageTitle>
      <Alert role="status" color="pine" variant="outline" radius="lg" icon={<Icon of={IconCheck} />} title={name}>
        <Text>{doctors.find(({ id }) => id === first?.doctorId)?.name ?? ''}</Text>
        <ol style={{ margin: 0, paddingInlineStart: '1.5em' }}>
          {items.map(({ id, startsAt, endsAt }) => (
            <li key={id} className="tabular">
              {formatAppointment(startsAt, endsAt, timeZone)}
            </li>
          ))}
        </ol>
      </Alert>
      <Group>
        <Button onClick={() => onAgain(true)}>{t('book.another')}</Button>
        <Button variant="default" onClick={() => onAgain(false)}>
          {t('book.anotherPatient')}
        </Button>
        {first === undefined ? null : (
          <LinkButton
            variant="default"
            to="/clinic/$clinicId/bookings/$bookingId"
            params={{ clinicId, bookingId: first.id }}
          >
            {t('series:open')}
          </LinkButton>
        )}
      </Group>
    </Stack>
  )
}
