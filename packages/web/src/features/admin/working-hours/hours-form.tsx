import type { NewWorkingHours, WorkingHours, WorkingHoursVersion } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isFinal, isRefusedForNow } from '../../../lib/api/api-error.ts'
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
  canAddBand,
  dividedBands,
  draftOf,
  type HoursDraft,
  isWritten,
  newBand,
  overlapOf,
  replacedBy,
  requestOf,
  withKeysOf,
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
  const { draft, begun, shown, isAhead, change, changeDays, setBegun, setShown, beginFrom } = useHoursDraft(
    hours,
    today,
  )
  const { preview, apply } = useHoursActions({ clinicId, doctorId })
  const [lost, setLost] = useState<NewWorkingHours | null>(null)
  // The hours that this form has changed, too: its response was lost.
  if (lost !== null && isWritten(lost, begun, hours)) {
    setBegun(hours)
    setLost(null)
  }
  const isChangedByOthers = hours.version > begun.version && !apply.isPending
  const request = requestOf(draft)
  const show = (wanted: NewWorkingHours) => {
    setShown(wanted)
    // Of one that is under way, the response says which hours the form goes on from.
    if (!apply.isPending) apply.reset()
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
              beginFrom(changed, draft)
              setLost(null)
              toastDone({ message: t('applied') })
            },
            onError: (error) => {
              if (!isFinal(error) && !isRefusedForNow(error)) setLost(sent)
            },
          })
        } else if (request !== null) {
          const bands = dividedBands(draft.bands)
          if (bands !== null && bands.length > draft.bands.length) change({ bands })
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
        {isAhead ? <Alert role="status">{t('ahead')}</Alert> : null}
        {isChangedByOthers ? (
          <ChangedByOthers
            onRestart={onRestart}
            onKeep={() => {
              setBegun(hours)
              setShown(null)
              apply.reset()
            }}
          />
        ) : apply.isError ? (
          <ErrorState error={apply.error} />
        ) : null}
        <Group gap="sm">
          {isReady ? (
            <ActionButton type="submit" isBusy={apply.isPending}>
              {t('apply')}
            </ActionButton>
          ) : (
            <ActionButton
              type="submit"
              variant="default"
              isBusy={preview.isPending || apply.isPending}
              disabled={request === null}
            >
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
  const newest = useRef(draft)
  useEffect(() => {
    newest.current = draft
  }, [draft])
  // The hours that the form began with: others may change them meanwhile.
  const [begun, setBegun] = useState(hours)
  const [begunBands, setBegunBands] = useState(draft.bands)
  const [shown, setShownRequest] = useState<NewWorkingHours | null>(null)
  // The form says more than what was applied: it was changed before the response.
  const [isAhead, setAhead] = useState(false)
  const setShown = (request: NewWorkingHours | null) => {
    setShownRequest(request)
    setAhead(false)
  }
  const change = (part: Partial<HoursDraft>) => {
    setShownRequest(null)
    setDraft((present) => ({ ...present, ...part }))
  }
  /** Rows that nobody has changed are those of the first day. */
  const changeDays = (part: Partial<HoursDraft>) => {
    if (draft.bands !== begunBands || !part.validFrom || begun.versions.length === 0) return change(part)
    const bands = bandsOn(begun.versions, part.validFrom)
    setBegunBands(bands)
    change({ ...part, bands })
  }
  /** After a change: the rows are as they are stored, with the weeks that they are in. What was entered since stays. */
  const beginFrom = (changed: WorkingHours, sent: HoursDraft) => {
    setBegun(changed)
    if (newest.current !== sent) return setAhead(true)
    const bands = withKeysOf(sent.bands, bandsOn(changed.versions, sent.validFrom))
    setBegunBands(bands)
    setDraft({ ...sent, bands })
    setShown(null)
  }
  return { draft, begun, shown, isAhead, change, changeDays, setBegun, setShown, beginFrom }
}

type DraftProps = { draft: HoursDraft; change: (part: Partial<HoursDraft>) => void }

/** The rows, and what is wrong with them. */
function Bands({ draft, change }: DraftProps) {
  const { t } = useTranslation('working-hours')
  const replace = (band: BandDraft, bands: BandDraft[]) =>
    change({ bands: draft.bands.flatMap((one) => (one === band ? bands : one)) })
  const overlap = overlapOf(draft)
  const canAdd = canAddBand(draft.bands)
  return (
    <>
      {draft.bands.map((band, index) => (
        <BandFields
          key={band.key}
          band={band}
          number={index + 1}
          days={draft}
          canDivide={canAdd}
          onChange={(changed) => replace(band, [changed])}
          onDivide={(parts) => replace(band, parts)}
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

type OthersProps = { onRestart: () => void; onKeep: () => void }

/** Somebody else has changed the hours. What is entered stays until it is said what becomes of it. */
function ChangedByOthers({ onRestart, onKeep }: OthersProps) {
  const { t } = useTranslation('working-hours')
  return (
    <Alert role="alert" color="yellow">
      <Text fw={600}>{t('others.title')}</Text>
      <Text>{t('others.help')}</Text>
      <Group gap="sm" mt="sm">
        <Button variant="default" onClick={onKeep}>
          {t('others.keep')}
        </Button>
        <Button variant="default" onClick={onRestart}>
          {t('beginAgain')}
        </Button>
      </Group>
    </Alert>
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
