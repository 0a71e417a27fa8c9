import type { Clinic } from '@holdfast/contract/client'
import { Alert, Group, Text } from '@mantine/core'
import { IconCalendarCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingChanges } from '../../domain/bookings/use-booking-changes.ts'
import { isFinal } from '../../lib/api/api-error.ts'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './ticket.module.css'

/** A move that was made on this page. */
export type Moved = {
  /** `timeId`: as `timeIdOf`. */
  before: { timeId: string; startsAt: string }
  after: { startsAt: string }
  isUndone: boolean
  /**
   * The colleague to whom it was moved, because the doctor takes no bookings, so it cannot be undone; null: the doctor
   * is the same.
   */
  colleague: string | null
}

type NoticeProps = {
  moved: Moved
  clinic: Clinic
  link: TicketLink
  onMoved: (moved: Moved) => void
  /** Shows the times to move to. */
  onChoose: () => void
}

/** Says on top of a ticket that was moved from when to when, and has the way back while that time is free. */
export function MovedNotice({
  moved: { before, after, isUndone, colleague },
  clinic,
  link,
  onMoved,
  onChoose,
}: NoticeProps) {
  const { t } = useTranslation('ticket')
  const { move } = useBookingChanges(link)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const isRefused = error !== null && isFinal(error)
  const describe = (startsAt: string) => formatDayTime(startsAt, clinic.timezone)
  const undo = async () => {
    setBusy(true)
    setError(null)
    try {
      const { startsAt } = await move(before.timeId, true)
      onMoved({ before, after: { startsAt }, isUndone: true, colleague: null })
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Alert
      className={`no-print ${classes.notice}`}
      icon={<Icon of={IconCalendarCheck} />}
      variant="outline"
      radius="lg"
    >
      <Group gap="sm" justify="space-between">
        <Text role="status">
          {isUndone
            ? t('move.undone', { when: describe(after.startsAt) })
            : colleague === null
              ? t('move.done', { when: describe(after.startsAt), before: describe(before.startsAt) })
              : t('move.doneColleague', { when: describe(after.startsAt), name: isolated(colleague) })}
        </Text>
        {isUndone || colleague !== null ? null : (
          // The same button, because it has the focus.
          <ActionButton size="sm" variant="default" isBusy={isBusy} onClick={isRefused ? onChoose : undo}>
            {t(isRefused ? 'move.choose' : 'move.undo')}
          </ActionButton>
        )}
      </Group>
      {error === null ? null : <ErrorState error={error} />}
    </Alert>
  )
}
