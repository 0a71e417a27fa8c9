import { Group, Stack } from '@mantine/core'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { firstDraft } from './slot-rule-draft.ts'
import { SlotRuleFields } from './slot-rule-fields.tsx'
import { SlotRulePreview } from './slot-rule-preview.tsx'
import { useSlotRuleForm } from './use-slot-rule-form.ts'

type CreateSlotsProps = { doctorId: string; clinicId: string; timeZone: string; today: string }

/** Creates slots by a rule: a preview first, then the slots, which can be undone. */
export function CreateSlots({ doctorId, clinicId, timeZone, today }: CreateSlotsProps) {
  const { t } = useTranslation('schedule')
  const rule = useSlotRuleForm(doctorId, clinicId, firstDraft(today))
  const { form, preview, showPreview } = rule
  const titleRef = useRef<HTMLHeadingElement>(null)
  return (
    <Panel id="create-slots" title={t('rule.title')} help={t('rule.intro')} gap="lg" titleRef={titleRef}>
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
      <SlotRulePreview
        rule={rule}
        timeZone={timeZone}
        onCreated={() => {
          preview.reset()
          titleRef.current?.focus()
        }}
      />
    </Panel>
  )
}
