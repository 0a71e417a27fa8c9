import type { BookingLimits } from '@holdfast/contract/client'
import { Button, Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { ErrorState } from '../../../ui/error-state.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { PageLoading } from '../../../ui/page-loading.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './settings.module.css'

const names = [
  'addressHoldsMax',
  'addressBookingsMax',
  'accountHoldsMax',
  'accountBookingsMax',
  'contactHoldsMax',
  'contactBookingsMax',
  'guestUnitsMax',
] as const satisfies (keyof BookingLimits)[]

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
        {limits.data ? <LimitsForm key={JSON.stringify(limits.data)} limits={limits.data} /> : null}
      </Stack>
    </section>
  )
}

function LimitsForm({ limits }: { limits: BookingLimits }) {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  const form = useForm<BookingLimits>({ initialValues: limits })
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
              required
              min={1}
              max={name === 'guestUnitsMax' ? 1_000_000 : 1_000}
              allowDecimal={false}
              {...form.getInputProps(name)}
            />
          ))}
        </div>
        {saving.isError ? <ErrorState error={saving.error} /> : null}
        <Group>
          <Button type="submit" disabled={!form.isDirty()} loading={saving.isPending}>
            {t('limits.apply')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
