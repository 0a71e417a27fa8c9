import { Group, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { TFunction } from 'i18next'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { SlotPreview } from './slot-preview.tsx'
import { firstDraft, invalidFields, ruleOf, type SlotRuleDraft, slotRuleLimits } from './slot-rule-draft.ts'
import { SlotRuleFields } from './slot-rule-fields.tsx'
import { useCreateSlots } from './use-create-slots.tsx'

type CreateSlotsProps = { doctorId: string; clinicId: string; timeZone: string; today: string }

/** Creates slots by a rule: a preview first, then the slots, which can be undone. */
export function CreateSlots({ doctorId, clinicId, timeZone, today }: CreateSlotsProps) {
  const { t } = useTranslation('schedule')
  const { preview, creation } = useCreateSlots(doctorId, clinicId)
  const form = useForm<SlotRuleDraft>({
    initialValues: firstDraft(today),
    validate: (draft) => Object.fromEntries(invalidFields(draft).map((field) => [field, slotRuleErrorText(field, t)])),
    onValuesChange: () => preview.reset(),
  })
  const titleRef = useRef<HTMLHeadingElement>(null)
  const showPreview = form.onSubmit((draft) => preview.mutate(ruleOf(draft)))
  return (
    <section className={layoutClasses.panel} aria-labelledby="create-slots">
      <Stack gap="lg">
        <div>
          <Title order={2} size="h3" id="create-slots" tabIndex={-1} ref={titleRef}>
            {t('rule.title')}
          </Title>
          <Text c="dimmed">{t('rule.intro')}</Text>
        </div>
        <form noValidate onSubmit={showPreview}>
          <Stack gap="lg">
            <SlotRuleFields form={form} />
            <Group>
              <ActionButton type="submit" variant={preview.data ? 'default' : 'filled'} isBusy={preview.isPending}>
                {t('rule.preview')}
              </ActionButton>
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
            onCreate={() =>
              creation.mutate(preview.variables, {
                onSuccess: () => {
                  preview.reset()
                  titleRef.current?.focus()
                },
              })
            }
          />
        ) : null}
      </Stack>
    </section>
  )
}

/** Why a field of a slot rule is invalid. */
export function slotRuleErrorText(field: string, t: TFunction<'schedule'>): string {
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
