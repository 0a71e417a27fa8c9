import type { Slot } from '@holdfast/contract/client'
import { Button, Group, NumberInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { formatDate, formatTimes } from '../../lib/format.ts'
import { instantOf } from '../../lib/local-time.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { slotRuleErrorText } from '../slots/create-slots.tsx'
import { SlotPreview } from '../slots/slot-preview.tsx'
import { hoursDraft, invalidFields, ruleOf, type SlotRuleDraft, slotRuleLimits } from '../slots/slot-rule-draft.ts'
import { useCreateSlots } from '../slots/use-create-slots.tsx'
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
  const { preview, creation } = useCreateSlots(doctorId, clinicId)
  const form = useForm<SlotRuleDraft>({
    initialValues: hoursDraft(hours, usualMinutes(slots)),
    validate: (draft) => Object.fromEntries(invalidFields(draft).map((field) => [field, slotRuleErrorText(field, t)])),
    onValuesChange: () => preview.reset(),
  })
  const showPreview = form.onSubmit((draft) => preview.mutate(ruleOf(draft)))
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
            <NumberInput
              size="md"
              label={t('rule.slotMinutes')}
              {...slotRuleLimits.slotMinutes}
              clampBehavior="none"
              step={5}
              allowDecimal={false}
              {...form.getInputProps('slotMinutes')}
            />
            <NumberInput
              size="md"
              label={t('rule.capacity')}
              {...slotRuleLimits.capacity}
              clampBehavior="none"
              allowDecimal={false}
              {...form.getInputProps('capacity')}
            />
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
      {preview.isError ? <ErrorState error={preview.error} retry={() => showPreview()} /> : null}
      {creation.isError ? <ErrorState error={creation.error} /> : null}
      {preview.isSuccess ? (
        <SlotPreview
          key={preview.submittedAt}
          preview={preview.data}
          timeZone={timeZone}
          isPending={creation.isPending}
          onCreate={() => creation.mutate(preview.variables, { onSuccess: onDone })}
        />
      ) : null}
    </Stack>
  )
}

/** The length that most slots have; 15 minutes if there are none. */
function usualMinutes(slots: readonly Slot[]): number {
  const counts = Map.groupBy(slots, ({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)
  const [usual] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)
  return usual?.[0] ?? 15
}
