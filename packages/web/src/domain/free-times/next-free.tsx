import { localDay } from '@holdfast/vocabulary'
import { Alert, Button, Group, Text } from '@mantine/core'
import { IconCalendarSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { Icon } from '../../ui/icon.tsx'

/** In place of a week without free times: when there are some, or what else can be done. */
export function NoTimesAlert({ children }: { children: ReactNode }) {
  return (
    <Alert icon={<Icon of={IconCalendarSearch} />} variant="outline" radius="lg" my="md" role="status">
      {children}
    </Alert>
  )
}

type NextFreeProps = {
  /** When the next free time begins. */
  at: string
  timeZone: string
  /** Shows the week that begins on a day. */
  onFrom: (from: string) => void
}

/** The next free time, with a button that shows its week. */
export function NextFree({ at, timeZone, onFrom }: NextFreeProps) {
  const { t } = useTranslation('booking')
  return (
    <Group gap="sm">
      <Text>{t('noTimes.next', { when: formatDayTime(at, timeZone) })}</Text>
      <Button
        size="sm"
        onClick={() => {
          onFrom(localDay(at, timeZone))
          // The button is gone then.
          document.getElementById('times-title')?.focus({ preventScroll: true })
        }}
      >
        {t('noTimes.show')}
      </Button>
    </Group>
  )
}
