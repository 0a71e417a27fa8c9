import type { BookingLimits } from '@holdfast/contract/client'
import { Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { formatNumber } from '../../../lib/format.ts'
import { ActionButton } from '../../../ui/action-button.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { PageLoading } from '../../../ui/page-loading.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './settings.module.css'
import { useStoredValues } from './use-stored-values.ts'

const names = [
  'addressHoldsMax',
  'addressBookingsMax',
  'accountHoldsMax',
  'accountBookingsMax',
  'contactHoldsMax',
  'contactBookingsMax',
  'guestUnitsMax',
] as const satisfies (keyof BookingLimits)[]

/** The limits of the API's contract. */
function maxOf(name: keyof BookingLimits): number {
  return name === 'guestUnitsMax' ? 1_000_000 : 1_000
}

function limitsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['booking-limits', clinicId],
    queryFn: () => dataOf(api.getBookingLimits({ path: { clinicId } })),
  })
}

/** How much patients may book at once. The clinic's people are not limited. */
export function LimitsSection() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const limits = useQuery(limitsQuery(clinicId))
  return (
    <section className={layoutClasses.panel} aria-labelledby="settings-limits">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="settings-limits">
            {t('limits.title')}
          </Title>
          <Text c="dimmed">{t('limits.help')}</Text>
        </div>
        {limits.isPending ? <PageLoading /> : null}
        {limits.isError ? <ErrorState error={limits.error} retry={() => void limits.refetch()} /> : null}
        {limits.data ? <LimitsForm limits={limits.data} /> : null}
      </Stack>
    </section>
  )
}

function LimitsForm({ limits }: { limits: BookingLimits }) {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  const form = useForm<BookingLimits>({ initialValues: limits })
  useStoredValues(form, limits)
  const saving = useMutation({
    mutationFn: (body: BookingLimits) => dataOf(api.updateBookingLimits({ path: { clinicId }, body })),
    onSuccess: (saved) => {
      queryClient.setQueryData(limitsQuery(clinicId).queryKey, saved)
      toastDone({ message: t('saved', { name: clinic.name }) })
    },
  })
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))}>
      <Stack gap="md">
        <div className={classes.rules}>
          {names.map((name) => (
            <NumberInput
              key={name}
              size="md"
              label={t(`limits.${name}`)}
              description={t('limits.range', { max: formatNumber(maxOf(name)) })}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              required
              min={1}
              max={maxOf(name)}
              allowDecimal={false}
              {...form.getInputProps(name)}
            />
          ))}
        </div>
        {saving.isError ? <ErrorState error={saving.error} /> : null}
        <Group>
          <ActionButton type="submit" disabled={!form.isDirty()} isBusy={saving.isPending}>
            {t('limits.apply')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
