import type { NewWorkingHours, WorkingHours, WorkingHoursVersion } from '@holdfast/contract/client'
import { workingHoursLimits } from '@holdfast/vocabulary'
import { Alert, Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isFinal, isRefusedForNow, refusalCode } from '../../../lib/api/api-error.ts'
import { comma, formatDate, formatWeekday } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { BandFields } from './band-fields.tsx'
import { CopyHours } from './copy-hours.tsx'
import {
  type BandDraft,
  bandsOn,
  draftOf,
  type HoursDraft,
  isWritten,
  newBand,
  overlapOf,
  replacedBy,
  requestOf,
} from './hours-draft.ts'
import { HoursPreview } from './hours-preview.tsx'
import { useHoursActions } from './hours-queries.ts'

type FormProps = {
  clinicId: string
  doctorId: string
  today: string
  hours: WorkingHours
  /** Begins again with the present hours. */
  onRestart: () => void
}

/** New working hours, which begin with those that the doctor has. They are applied after a preview. */
export function HoursForm({ clinicId, doctorId, today, hours, onRestart }: FormProps) {
  const { t } = useTranslation('working-hours')
  const { draft, begun, shown, change, changeDays, setBegun, setShown, beginFrom } = useHoursDraft(hours, today)
  const { preview, apply } = useHoursActions({ clinicId, doctorId })
  const [lost, setLost] = useState<NewWorkingHours | null>(null)
  // The hours that this form has changed, too: its response was lost.
  if (lost !== null && isWritten(lost, begun, hours)) {
    setBegun(hours)
    setLost(null)
  }
  const request = requestOf(draft)
  const show = (wanted: NewWorkingHours) => {
    setShown(wanted)
    apply.reset()
    preview.mutate(wanted)
  }
  const onCopied = (bands: BandDraft[]) => {
    change({ bands })
    const copied = requestOf({ ...draft, bands })
    if (copied !== null) show(copied)
  }
  const isReady = shown !== null && preview.data !== undefined && !preview.isPending
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) {
          const sent = { ...shown, version: begun.version }
          apply.mutate(sent, {
            onSuccess: (changed) => {
              setShown(null)
              beginFrom(changed)
              setLost(null)
              toastDone({ message: t('applied') })
            },
            onError: (error) => {
              if (!isFinal(error) && !isRefusedForNow(error)) setLost(sent)
            },
          })
        } else if (request !== null) {
          show(request)
        }
      }}
    >
      <Stack gap="md">
        <CopyHours {...{ clinicId, doctorId, onCopied }} from={draft.validFrom} />
        <Bands draft={draft} change={change} />
        <HoursDays draft={draft} today={today} change={changeDays} />
        <Replaced versions={replacedBy(draft, begun.versions)} />
        {shown === null ? null : <Shown preview={preview} />}
        {apply.isError ? <NotApplied error={apply.error} onRestart={onRestart} /> : null}
        <Group gap="sm">
          {isReady ? (
            <ActionButton type="submit" isBusy={apply.isPending}>
              {t('apply')}
            </ActionButton>
          ) : (
            <ActionButton type="submit" variant="default" isBusy={preview.isPending} disabled={request === null}>
              {t('preview.show')}
            </ActionButton>
          )}
        </Group>
      </Stack>
    </form>
  )
}

/** What the form says, the hours that it began with, and the request of which a preview is shown. */
function useHoursDraft(hours: WorkingHours, today: string) {
  const [draft, setDraft] = useState<HoursDraft>(() => draftOf(hours.versions, today))
  // The hours that the form began with: others may change them meanwhile.
  const [begun, setBegun] = useState(hours)
  const [begunBands, setBegunBands] = useState(draft.bands)
  const [shown, setShown] = useState<NewWorkingHours | null>(null)
  const change = (part: Partial<HoursDraft>) => {
    setShown(null)
    setDraft((present) => ({ ...present, ...part }))
  }
  /** Rows that nobody has changed are those of the first day. */
  const changeDays = (part: Partial<HoursDraft>) => {
    if (draft.bands !== begunBands || !part.validFrom || begun.versions.length === 0) return change(part)
    const bands = bandsOn(begun.versions, part.validFrom)
    setBegunBands(bands)
    change({ ...part, bands })
  }
  /** After a change: the rows are as they are stored, with the weeks that they are in. */
  const beginFrom = (changed: WorkingHours) => {
    const bands = bandsOn(changed.versions, draft.validFrom)
    setBegun(changed)
    setBegunBands(bands)
    setDraft({ ...draft, bands })
  }
  return { draft, begun, shown, change, changeDays, setBegun, setShown, beginFrom }
}

type DraftProps = { draft: HoursDraft; change: (part: Partial<HoursDraft>) => void }

/** The rows, and what is wrong with them. */
function Bands({ draft, change }: DraftProps) {
  const { t } = useTranslation('working-hours')
  const replace = (band: BandDraft, bands: BandDraft[]) =>
    change({ bands: draft.bands.flatMap((one) => (one === band ? bands : one)) })
  const overlap = overlapOf(draft)
  const canAdd = draft.bands.length < workingHoursLimits.bandsMax
  return (
    <>
      {draft.bands.map((band, index) => (
        <BandFields
          key={band.key}
          band={band}
          number={index + 1}
          days={draft}
          onChange={(changed) => replace(band, [changed])}
          onDivide={canAdd ? (two) => replace(band, two) : null}
          onRemove={() => replace(band, [])}
        />
      ))}
      {canAdd ? (
        <Group>
          <Button variant="default" onClick={() => change({ bands: [...draft.bands, newBand()] })}>
            {t('addBand')}
          </Button>
        </Group>
      ) : null}
      {draft.bands.length === 0 ? <Alert color="yellow">{t('noBands')}</Alert> : null}
      {overlap === null ? null : (
        <Alert color="red" role="alert">
          {t('overlap', {
            one: overlap.second + 1,
            other: overlap.first + 1,
            day: formatWeekday(overlap.weekday),
          })}
        </Alert>
      )}
    </>
  )
}

/** Which hours that were planned for later go. */
function Replaced({ versions }: { versions: WorkingHoursVersion[] }) {
  const { t } = useTranslation('working-hours')
  if (versions.length === 0) return null
  const hours = versions.map(({ validFrom, validUntil }) => {
    const days = { from: formatDate(validFrom), until: validUntil === null ? '' : formatDate(validUntil) }
    return t(validUntil === null ? 'since' : 'sinceUntil', days)
  })
  return <Alert color="yellow">{t('replaced', { hours: hours.join(`${comma()} `) })}</Alert>
}

function NotApplied({ error, onRestart }: { error: Error; onRestart: () => void }) {
  const { t } = useTranslation('working-hours')
  return (
    <>
      <ErrorState error={error} />
      {refusalCode(error) === 'working_hours_changed' ? (
        <Group>
          <Button variant="default" onClick={onRestart}>
            {t('beginAgain')}
          </Button>
        </Group>
      ) : null}
    </>
  )
}

function Shown({ preview }: { preview: ReturnType<typeof useHoursActions>['preview'] }) {
  if (preview.isError) return <ErrorState error={preview.error} />
  return preview.data === undefined ? null : <HoursPreview preview={preview.data.preview} />
}

type DaysProps = DraftProps & { today: string }

/** The first day of the new hours, and the last one, if there is one. */
function HoursDays({ draft: { validFrom, validUntil }, today, change }: DaysProps) {
  const { t } = useTranslation('working-hours')
  return (
    <div className={layoutClasses.shortFields}>
      <DateField
        label={t('validFrom')}
        required
        withAsterisk={false}
        min={today}
        value={validFrom}
        onChange={(day) => change({ validFrom: day })}
      />
      <DateField
        label={t('validUntil')}
        min={validFrom}
        value={validUntil}
        onChange={(day) => change({ validUntil: day })}
      />
    </div>
  )
}
