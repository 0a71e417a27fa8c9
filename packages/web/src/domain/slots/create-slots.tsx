import type { CreatedSlots, SlotRule } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../lib/api.ts'
import { clinicKey } from '../../lib/clinic-queries.ts'
import { slotsKey } from '../../lib/slots-query.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { toastDone } from '../../ui/toast.ts'
import { SlotPreview } from './slot-preview.tsx'
import { firstDraft, type RuleField, ruleOf, type SlotRuleDraft } from './slot-rule-draft.ts'
import { SlotRuleFields } from './slot-rule-fields.tsx'
import { undoSlots, undoSlotsMax } from './undo-created-slots.tsx'

type CreateSlotsProps = { doctorId: string; clinicId: string; timeZone: string; today: string }

/** Times by a rule: shown first as they would be, then made; what was made can be taken back. */
export function CreateSlots({ doctorId, clinicId, timeZone, today }: CreateSlotsProps) {
  const { t } = useTranslation('desk')
  const [draft, setDraft] = useState<SlotRuleDraft>(() => firstDraft(today))
  const [wrong, setWrong] = useState<RuleField[]>([])
  const make = useMakeSlots(doctorId, clinicId)
  const preview = useMutation({
    mutationFn: (rule: SlotRule) =>
      ask(api.createSlots({ path: { doctorId }, query: { dryRun: true }, body: { rule } })),
  })
  const change = (part: Partial<SlotRuleDraft>) => {
    setDraft({ ...draft, ...part })
    setWrong(wrong.filter((field) => !(field in part)))
    preview.reset()
  }
  const ruled = ruleOf(draft)
  const look = () => {
    setWrong(ruled.kind === 'wrong' ? ruled.fields : [])
    if (ruled.kind === 'rule') preview.mutate(ruled.rule)
  }
  return (
    <section className={layoutClasses.panel} aria-labelledby="slot-maker">
      <Stack gap="lg">
        <div>
          <Title order={2} size="h3" id="slot-maker">
            {t('rule.title')}
          </Title>
          <Text c="dimmed">{t('rule.intro')}</Text>
        </div>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            look()
          }}
        >
          <Stack gap="lg">
            <SlotRuleFields draft={draft} wrong={wrong} onChange={change} />
            <Group>
              <Button type="submit" variant={preview.data ? 'default' : 'filled'} loading={preview.isPending}>
                {t('rule.preview')}
              </Button>
            </Group>
          </Stack>
        </form>
        {preview.isError ? <ErrorState error={preview.error} retry={look} /> : null}
        {make.isError ? <ErrorState error={make.error} /> : null}
        {preview.data && ruled.kind === 'rule' ? (
          <SlotPreview
            made={preview.data}
            timeZone={timeZone}
            isPending={make.isPending}
            onMake={() => make.mutate(ruled.rule, { onSuccess: () => preview.reset() })}
          />
        ) : null}
      </Stack>
    </section>
  )
}

function useMakeSlots(doctorId: string, clinicId: string) {
  const { t } = useTranslation('desk')
  const queryClient = useQueryClient()
  const reread = async () => {
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    await queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
  }
  return useMutation({
    mutationFn: (rule: SlotRule): Promise<CreatedSlots> => ask(api.createSlots({ path: { doctorId }, body: { rule } })),
    onSuccess: (made) => {
      const slotIds = made.items.flatMap(({ outcome, slotId }) =>
        outcome === 'created' && slotId !== null ? [slotId] : [],
      )
      const toastId = crypto.randomUUID()
      toastDone({
        id: toastId,
        message:
          slotIds.length === 0 || slotIds.length > undoSlotsMax ? (
            t('rule.made', { count: made.created })
          ) : (
            <Group justify="space-between">
              <span>{t('rule.made', { count: made.created })}</span>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => void undoSlots(toastId, slotIds, t).then(reread)}
              >
                {t('undo')}
              </Button>
            </Group>
          ),
      })
    },
    onSettled: reread,
  })
}
