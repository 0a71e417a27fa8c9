import { clinicSettings } from '@holdfast/vocabulary'
import { Stack } from '@mantine/core'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { type ReportDirty, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import { ConfirmPeriod } from './confirm-period.tsx'
import { useSaveRetention } from './retention-queries.ts'

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
        <ConfirmPeriod
          of="privacy"
          count={wanted}
          isBusy={saving.isPending}
          onBack={() => setAsking(false)}
          onConfirm={save}
        />
      </Dialog>
    </form>
  )
}
