import { NumberInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { type SlotRuleDraft, slotRuleLimits } from './slot-rule-draft.ts'

/** The length and the capacity of each slot of a rule. */
export function SlotLengthFields({ form }: { form: UseFormReturnType<SlotRuleDraft> }) {
  const { t } = useTranslation('schedule')
  return (
    <>
      <NumberInput
        size="md"
        label={t('rule.slotMinutes')}
        {...slotRuleLimits.slotMinutes}
        step={5}
        clampBehavior="none"
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
    </>
  )
}
