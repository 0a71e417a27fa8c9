import { clinicSettings } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { type ReportDirty, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import { Due } from './due.tsx'
import { retentionQuery, useSaveRetention } from './retention-queries.ts'

const { min, max } = clinicSettings.messageDays

/** After how many days messages to patients are deleted. */
export function MessageDays({ report }: { report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  const titleRef = useRef<HTMLHeadingElement>(null)
  const stored = clinic.settings.messageDays
  return (
    <Panel id="privacy-messages" title={t('settings.messageDays')} help={t('privacy.messagesHelp')} titleRef={titleRef}>
      <MessageDaysForm key={stored} stored={stored} report={report} onDone={() => titleRef.current?.focus()} />
    </Panel>
  )
}

type FormProps = { stored: number; report: ReportDirty; onDone: () => void }

function MessageDaysForm({ stored, report, onDone }: FormProps) {
  const { t } = useTranslation('admin')
  const [days, setDays] = useState<number | string>(stored)
  const [isAsking, setAsking] = useState(false)
  const saving = useSaveRetention(onDone)
  const isValid = isInRange(days, min, max)
  const wanted = Number(days)
  const isDirty = wanted !== stored
  useReportDirty('messages', isDirty, report)
  const save = () => saving.mutate({ messageDays: wanted }, { onSettled: () => setAsking(false) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isValid || !isDirty) return
    // Only what deletes earlier than before has to be confirmed.
    if (wanted < stored) setAsking(true)
    else save()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <NumberField
          maw="16rem"
          label={t('privacy.days')}
          help={(range) => t('settings.messageDaysHelp', { range })}
          required
          min={min}
          max={max}
          value={days}
          onChange={setDays}
          isInvalid={!isValid}
        />
        <SaveButton of={saving} isDisabled={!isDirty || !isValid} label={t('retention.apply')} />
      </Stack>
      <Dialog isOpen={isAsking} onClose={() => setAsking(false)} title={t('privacy.confirm.title')}>
        <Confirm days={wanted} isBusy={saving.isPending} onBack={() => setAsking(false)} onConfirm={save} />
      </Dialog>
    </form>
  )
}

type ConfirmProps = { days: number; isBusy: boolean; onBack: () => void; onConfirm: () => void }

function Confirm({ days, isBusy, onBack, onConfirm }: ConfirmProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const retention = useQuery(retentionQuery(clinicId, { messageDays: days }))
  return (
    <Stack gap="md">
      <Text>{t('privacy.confirm.text', { count: days })}</Text>
      {retention.isError ? (
        <ErrorState error={retention.error} retry={() => void retention.refetch()} />
      ) : retention.data === undefined ? (
        <Text role="status">{t('privacy.confirm.loading')}</Text>
      ) : (
        <Due of="messages" due={retention.data.messagesDue} />
      )}
      <Group gap="sm">
        <ActionButton color="red" disabled={retention.data === undefined} isBusy={isBusy} onClick={onConfirm}>
          {t('privacy.confirm.submit')}
        </ActionButton>
        <Button variant="default" data-autofocus onClick={onBack}>
          {t('privacy.confirm.keep')}
        </Button>
      </Group>
    </Stack>
  )
}
