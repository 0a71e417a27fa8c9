import { useForm } from '@mantine/form'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { invalidFields, ruleOf, type SlotRuleDraft, slotRuleLimits } from './slot-rule-draft.ts'
import { useCreateSlots } from './use-create-slots.tsx'

export type SlotRuleForm = ReturnType<typeof useSlotRuleForm>

/** The form of a slot rule, and what it would create, until one of its fields is changed. */
export function useSlotRuleForm(doctorId: string, clinicId: string, initialValues: SlotRuleDraft) {
  const { t } = useTranslation('schedule')
  const { preview, creation } = useCreateSlots(doctorId, clinicId)
  const form = useForm<SlotRuleDraft>({
    initialValues,
    validate: (draft) => Object.fromEntries(invalidFields(draft).map((field) => [field, errorText(field, t)])),
    onValuesChange: () => preview.reset(),
  })
  const showPreview = form.onSubmit((draft) => preview.mutate(ruleOf(draft)))
  return { form, preview, creation, showPreview }
}

/** Why a field of a slot rule is invalid. */
function errorText(field: string, t: TFunction<'schedule'>): string {
  switch (field) {
    case 'from':
      return t('rule.dayInvalid')
    case 'to':
      return t('rule.daysInvalid', { count: slotRuleLimits.daysMax })
    case 'weekdays':
      return t('rule.weekdaysInvalid')
    case 'startTime':
      return t('rule.timeInvalid')
    case 'slotMinutes':
      return t('rule.minutesInvalid')
    case 'capacity':
      return t('rule.capacityInvalid')
    default:
      return t('rule.endInvalid')
  }
}
