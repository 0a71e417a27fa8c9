import { clinicSettings } from '@holdfast/vocabulary'
import { Alert, Stack, Switch, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { type ReportDirty, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import { ConfirmPeriod } from './confirm-period.tsx'
import { Due } from './due.tsx'
import { retentionQuery, useSaveRetention } from './retention-queries.ts'

const monthsMin = 1
const monthsMax = clinicSettings.patientDataMonths.max
const monthsOffered = 24

/** Whether patients are erased some months after their appointment. It begins 24 hours after the change. */
export function PatientMonths({ report }: { report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  const titleRef = useRef<HTMLHeadingElement>(null)
  const stored = clinic.settings.patientDataMonths
  return (
    <Panel id="privacy-patients" title={t('retention.title')} help={t('retention.help')} titleRef={titleRef}>
      {stored === 0 ? null : <Waiting onDone={() => titleRef.current?.focus()} />}
      <RetentionForm key={stored} stored={stored} report={report} onDone={() => titleRef.current?.focus()} />
    </Panel>
  )
}

/** While the retention has not begun: when it will, and a button that turns it off. */
function Waiting({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const retention = useQuery(retentionQuery(clinicId, {})).data
  const saving = useSaveRetention(onDone)
  if (!retention?.startsAt) return null
  return (
    <Alert role="status" color="amber" variant="outline" radius="lg" icon={<Icon of={IconAlertTriangle} />}>
      <Stack align="flex-start" gap="sm">
        <Text>{t('retention.waits', { time: formatDayTime(retention.startsAt, timeZone) })}</Text>
        <Due of="bookings" due={retention.due} />
        <ActionButton size="sm" isBusy={saving.isPending} onClick={() => saving.mutate({ patientDataMonths: 0 })}>
          {t('retention.turnOff')}
        </ActionButton>
        {saving.isError ? <ErrorState error={saving.error} /> : null}
      </Stack>
    </Alert>
  )
}

type RetentionFormProps = { stored: number; report: ReportDirty; onDone: () => void }

function RetentionForm({ stored, report, onDone }: RetentionFormProps) {
  const { t } = useTranslation('admin')
  const [isOn, setOn] = useState(stored > 0)
  const [months, setMonths] = useState<number | string>(stored || monthsOffered)
  const [isAsking, setAsking] = useState(false)
  const saving = useSaveRetention(onDone)
  const wanted = isOn ? Number(months) : 0
  const isValid = !isOn || isInRange(months, monthsMin, monthsMax)
  const isDirty = wanted !== stored
  useReportDirty('retention', isDirty, report)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isValid || !isDirty) return
    // Only what erases earlier than before has to be confirmed.
    if (isOn && (stored === 0 || wanted < stored)) setAsking(true)
    else saving.mutate({ patientDataMonths: wanted })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Switch
          label={t('retention.rule')}
          checked={isOn}
          onChange={({ currentTarget }) => setOn(currentTarget.checked)}
        />
        {isOn ? (
          <NumberField
            maw="16rem"
            label={t('retention.months')}
            help={(range) => t('retention.monthsHelp', { range })}
            required
            min={monthsMin}
            max={monthsMax}
            value={months}
            onChange={setMonths}
            isInvalid={!isValid}
          />
        ) : null}
        <SaveButton of={saving} isDisabled={!isDirty || !isValid} label={t('retention.apply')} />
      </Stack>
      <Dialog isOpen={isAsking} onClose={() => setAsking(false)} title={t('retention.confirm.title')}>
        <ConfirmPeriod
          of="retention"
          count={wanted}
          isBusy={saving.isPending}
          onBack={() => setAsking(false)}
          onConfirm={() => saving.mutate({ patientDataMonths: wanted }, { onSettled: () => setAsking(false) })}
        />
      </Dialog>
    </form>
  )
}
