import type { BookingLimits } from '@holdfast/contract/client'
import { bookingLimitMax, slotLimits } from '@holdfast/vocabulary'
import { Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { limitNames } from '../shared/fields/limit-names.ts'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { type ReportDirty, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './settings.module.css'
import { useStoredValues } from './use-stored-values.ts'

/** The limits of the API's contract. */
function maxOf(name: keyof BookingLimits): number {
  return name === 'guestUnitsMax' ? slotLimits.capacityMax : bookingLimitMax
}

function limitsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['booking-limits', clinicId],
    queryFn: () => dataOf(api.getBookingLimits({ path: { clinicId } })),
  })
}

/** How much patients may book at once. The clinic's people are not limited. */
export function LimitsSection({ report }: { report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const limits = useQuery(limitsQuery(clinicId))
  return (
    <Panel id="settings-limits" title={t('limits.title')} help={t('limits.help')}>
      {limits.data ? <LimitsForm limits={limits.data} report={report} /> : <LoadingOrError of={limits} />}
    </Panel>
  )
}

function LimitsForm({ limits, report }: { limits: BookingLimits; report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  const form = useForm<Record<keyof BookingLimits, number | string>>({
    initialValues: limits,
    validateInputOnBlur: true,
    validate: (draft) =>
      Object.fromEntries(limitNames.flatMap((name) => (isInRange(draft[name], 1, maxOf(name)) ? [] : [[name, true]]))),
  })
  const isDirty = form.isDirty()
  useReportDirty('limits', isDirty, report)
  useStoredValues(form, limits)
  const saving = useMutation({
    mutationFn: (body: BookingLimits) => dataOf(api.updateBookingLimits({ path: { clinicId }, body })),
    onSuccess: (saved) => {
      queryClient.setQueryData(limitsQuery(clinicId).queryKey, saved)
      toastDone({ message: t('saved', { name: clinic.name }) })
    },
  })
  // Valid values are numbers.
  const submit = submitValid(form, (values) => saving.mutate(values as BookingLimits))
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <div className={classes.rules}>
          {limitNames.map((name) => {
            const { error, ...inputProps } = form.getInputProps(name)
            return (
              <NumberField
                key={name}
                label={t(`limits.${name}`)}
                help={(range) => (name === 'guestUnitsMax' ? t('limits.guestUnitsMaxHelp') : range)}
                required
                min={1}
                max={maxOf(name)}
                isInvalid={Boolean(error)}
                {...inputProps}
              />
            )
          })}
        </div>
        <SaveButton of={saving} isDisabled={!isDirty} label={t('limits.apply')} />
      </Stack>
    </form>
  )
}
