import type { OtherAppointment } from '@holdfast/contract/client'
import { Group, Paper, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../../lib/api/api-error.ts'
import { formatAppointment } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'

export type OverlapQuestionProps = {
  /** The refusal `patient_booked`. */
  error: unknown
  /** Who is asked: the desk about a patient, or the patient. */
  asked: 'desk' | 'patient'
  what: 'book' | 'move' | 'correct'
  timeZone: string
  isBusy: boolean
  onProceed: () => void
  /** Absent: there is no other time to choose here. */
  onOther?: () => void
}

const borderColor = 'var(--mantine-color-amber-6)'

/** Names what the patient has at the same time, and asks whether to book or move all the same. */
export function OverlapQuestion({ error, asked, what, timeZone, isBusy, onProceed, onOther }: OverlapQuestionProps) {
  const { t } = useTranslation('questions')
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => ref.current?.focus(), [])
  const other = error instanceof RefusedError ? error.problem.otherAppointment : undefined
  return (
    <Paper
      ref={ref}
      tabIndex={-1}
      withBorder
      role="group"
      aria-labelledby="overlap"
      radius="lg"
      p="md"
      style={{ borderColor }}
    >
      <Text id="overlap">
        {other === undefined
          ? t('overlap.unnamed')
          : t(`overlap.${asked}`, { when: whenOf(other, timeZone), name: isolated(other.doctorName) })}
      </Text>
      <Group mt="md" gap="sm">
        {onOther === undefined ? null : (
          <ActionButton disabled={isBusy} onClick={onOther}>
            {t('overlap.other')}
          </ActionButton>
        )}
        <ActionButton variant="default" isBusy={isBusy} onClick={onProceed}>
          {t(`overlap.${what}`)}
        </ActionButton>
      </Group>
    </Paper>
  )
}

function whenOf({ startsAt, endsAt }: OtherAppointment, timeZone: string): string {
  return formatAppointment(startsAt, endsAt, timeZone)
}
