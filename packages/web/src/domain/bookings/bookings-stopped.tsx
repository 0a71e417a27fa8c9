import { Alert, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { Icon } from '../../ui/icon.tsx'

type BookingsStoppedProps = {
  /** The clinic in whose pages the reader can allow bookings again; absent: only an admin can. */
  clinicId?: string
}

/** Says that a doctor takes no new bookings, above what is booked. */
export function BookingsStopped({ clinicId }: BookingsStoppedProps) {
  const { t } = useTranslation('schedule')
  return (
    <Alert
      className="no-print"
      role="status"
      color="amber"
      variant="outline"
      radius="lg"
      icon={<Icon of={IconAlertTriangle} />}
      title={t('stopped.title')}
    >
      <Stack align="flex-start" gap="sm">
        <Text>{t('stopped.help')}</Text>
        {clinicId === undefined ? (
          <Text>{t('stopped.ask')}</Text>
        ) : (
          <LinkButton size="sm" variant="default" to="/clinic/$clinicId/doctors" params={{ clinicId }}>
            {t('stopped.resume')}
          </LinkButton>
        )}
      </Stack>
    </Alert>
  )
}
