import type { NewWorkingHours, WorkingHours } from '@holdfast/contract/client'
import { workingHoursLimits } from '@holdfast/vocabulary'
import { Alert, Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatWeekday } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { BandFields } from './band-fields.tsx'
import { type BandDraft, bandDraftOf, type HoursDraft, newBand, overlapOf, requestOf } from './hours-draft.ts'
import { HoursPreview } from './hours-preview.tsx'
import { useHoursActions } from './hours-queries.ts'

type FormProps = { clinicId: string; doctorId: string; today: string; hours: WorkingHours }

/** New working hours, which begin with those that the doctor has. They are applied after a preview. */
export function HoursForm({ clinicId, doctorId, today, hours }: FormProps) {
  const { t } = useTranslation('working-hours')
  const [draft, setDraft] = useState<HoursDraft>(() => {
    const bands = hours.versions.at(-1)?.bands.map(bandDraftOf) ?? [newBand()]
    return { bands, validFrom: today, validUntil: '' }
  })
  const [shown, setShown] = useState<NewWorkingHours | null>(null)
  const { preview, apply } = useHoursActions({ clinicId, doctorId })
  const request = requestOf(draft)
  const change = (part: Partial<HoursDraft>) => {
    setShown(null)
    setDraft({ ...draft, ...part })
  }
  const changeBand = (key: string, band: BandDraft) =>
    change({ bands: draft.bands.map((one) => (one.key === key ? band : one)) })
  const overlap = overlapOf(draft)
  const isReady = shown !== null && preview.data !== undefined && !preview.isPending
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) {
          apply.mutate(shown, {
            onSuccess: () => {
              setShown(null)
              toastDone({ message: t('applied') })
            },
          })
        } else if (request !== null) {
          setShown(request)
          apply.reset()
          preview.mutate(request)
        }
      }}
    >
      <Stack gap="md">
        {draft.bands.map((band, index) => (
          <BandFields
            key={band.key}
            band={band}
            number={index + 1}
            days={draft}
            onChange={(changed) => changeBand(band.key, changed)}
            onRemove={() => change({ bands: draft.bands.filter(({ key }) => key !== band.key) })}
          />
        ))}
        {draft.bands.length < workingHoursLimits.bandsMax ? (
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
        <HoursDays draft={draft} today={today} change={change} />
        {shown === null ? null : <Shown preview={preview} />}
        {apply.isError ? <ErrorState error={apply.error} /> : null}
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

function Shown({ preview }: { preview: ReturnType<typeof useHoursActions>['preview'] }) {
  if (preview.isError) return <ErrorState error={preview.error} />
  return preview.data === undefined ? null : <HoursPreview preview={preview.data.preview} />
}

type DaysProps = { draft: HoursDraft; today: string; change: (part: Partial<HoursDraft>) => void }

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
