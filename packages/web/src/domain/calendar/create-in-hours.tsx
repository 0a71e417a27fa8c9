import type { Slot } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate, formatTimes } from '../../lib/i18n/format.ts'
import { instantOf } from '../../lib/time/local-time.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { SlotLengthFields } from '../slots/slot-length-fields.tsx'
import { hoursDraft } from '../slots/slot-rule-draft.ts'
import { SlotRulePreview } from '../slots/slot-rule-preview.tsx'
import { useSlotRuleForm } from '../slots/use-slot-rule-form.ts'
import type { DayHours } from './slot-calendar.tsx'

type CreateInHoursProps = {
  hours: DayHours
  /** The slots that are there, from which the usual length is taken. */
  slots: readonly Slot[]
  doctorId: string
  clinicId: string
  timeZone: string
  onBack: () => void
  onDone: () => void
}

/** Creates slots in some hours of a day: their length and places, a preview, then the slots. */
export function CreateInHours({ hours, slots, doctorId, clinicId, timeZone, onBack, onDone }: CreateInHoursProps) {
  const { t } = useTranslation('schedule')
  const rule = useSlotRuleForm(doctorId, clinicId, hoursDraft(hours, usualMinutes(slots)))
  const { form, preview, showPreview } = rule
  const { day, from, to } = hours
  const times = formatTimes(instantOf(day, from, timeZone), instantOf(day, to, timeZone), timeZone)
  return (
    <Stack gap="md">
      <FocusedTitle id="create-in-hours" order={3}>
        {formatDate(day, { weekday: 'long', day: 'numeric', month: 'long' })}, {times}
      </FocusedTitle>
      <form noValidate onSubmit={showPreview}>
        <Stack gap="md">
          <div className={layoutClasses.shortFields}>
            <SlotLengthFields form={form} />
          </div>
          <Group gap="sm">
            <ActionButton type="submit" variant={preview.data ? 'default' : 'filled'} isBusy={preview.isPending}>
              {t('rule.preview')}
            </ActionButton>
            <Button variant="default" onClick={onBack}>
              {t('hours.back')}
            </Button>
          </Group>
        </Stack>
      </form>
      <SlotRulePreview rule={rule} timeZone={timeZone} onCreated={onDone} />
    </Stack>
  )
}

/** The length that most slots have; 15 minutes if there are none. */
function usualMinutes(slots: readonly Slot[]): number {
  const counts = Map.groupBy(slots, ({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)
  const [usual] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)
  return usual?.[0] ?? 15
}
