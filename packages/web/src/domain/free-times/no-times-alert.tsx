import type { Clinic } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconCalendarSearch } from '@tabler/icons-react'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type ReactNode, useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { Icon } from '../../ui/icon.tsx'
import { doctorWaitlistQuery, type Waited } from '../waitlist/doctor-waitlist-query.ts'
import { JoinWaitlist } from '../waitlist/join-waitlist.tsx'

type NoTimesAlertProps = {
  clinic: Clinic
  /** The first day of the week without free times, YYYY-MM-DD. */
  from: string
  /** When the next free time begins; null: there is none; undefined: it is not known. */
  next: string | null | undefined
  /** Something that it shows is being read. */
  isReading: boolean
  /** Shows the week that begins on a day. */
  onFrom: (from: string) => void
  /** Called when all of it can be shown. What is below waits for it, and does not move down under the reader. */
  onRead: () => void
  /** What is said where there is no free time at all. */
  none: ReactNode
  /** Whose waitlist is offered; null: nobody's. */
  waitlist: Waited | null
  /** Times beside the next one. */
  children?: ReactNode
}

const nobody: Waited = { doctorId: '' }

/** In place of a week without free times: when the next one is, or what else can be done, and the waitlist. */
export function NoTimesAlert(props: NoTimesAlertProps) {
  const { clinic, from, next, onFrom, onRead, none, waitlist, children } = props
  const waiting = useQuery({ ...doctorWaitlistQuery(waitlist ?? nobody), enabled: waitlist !== null })
  const isReading = props.isReading || isFirstAttempt(waiting)
  useLayoutEffect(() => {
    if (!isReading) onRead()
  }, [isReading, onRead])
  if (isReading || next === undefined) return null
  return (
    <Alert icon={<Icon of={IconCalendarSearch} />} variant="outline" radius="lg" my="md" role="status">
      <Stack gap="sm" align="flex-start">
        {next === null ? none : <NextFree at={next} timeZone={clinic.timezone} onFrom={onFrom} />}
        {children}
        {waitlist === null ? null : <JoinWaitlist of={waitlist} from={from} isSecond={next !== null} />}
      </Stack>
    </Alert>
  )
}

/** Nothing waits for the repetitions of a read that failed. */
export function isFirstAttempt({
  isLoading,
  failureCount,
}: Pick<UseQueryResult, 'isLoading' | 'failureCount'>): boolean {
  return isLoading && failureCount === 0
}

/** The next free time, with a button that shows its week. */
function NextFree({ at, timeZone, onFrom }: { at: string; timeZone: string; onFrom: (from: string) => void }) {
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
