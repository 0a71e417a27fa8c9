import type { BookingBurst } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { BurstBookings, cancellableOf } from './burst-bookings.tsx'

const hours = 24

function burstsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'bursts'],
    queryFn: () => dataOf(api.listBookingBursts({ path: { clinicId }, query: { hours } })),
  })
}

/** Origins of many bookings in the last day, and a button that cancels the bookings of one. */
export function BurstsSection() {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const bursts = useQuery(burstsQuery(clinicId))
  const [chosen, setChosen] = useState<BookingBurst | null>(null)
  return (
    <section className={layoutClasses.panel} aria-labelledby="settings-bursts">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="settings-bursts" tabIndex={-1}>
            {t('bursts.title')}
          </Title>
          <Text c="dimmed">{t('bursts.help')}</Text>
        </div>
        {bursts.data === undefined ? <LoadingOrError of={bursts} /> : null}
        {bursts.data?.items.length === 0 ? <Text>{t('bursts.none')}</Text> : null}
        {bursts.data?.items.map((burst) => (
          <Group key={burst.id} justify="space-between">
            <div>
              <Text fw={600}>{t(`bursts.kind.${burst.kind}`, { number: burst.bookings })}</Text>
              <Text c="dimmed" size="sm">
                {t('bursts.period', {
                  first: formatDayTime(burst.firstAt, timeZone),
                  last: formatDayTime(burst.lastAt, timeZone),
                })}
              </Text>
            </div>
            {cancellableOf(burst) === 0 ? (
              <Text size="sm">{t('bursts.onlyAccounts')}</Text>
            ) : (
              <Button variant="default" onClick={() => setChosen(burst)}>
                {t('bursts.cancel')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
      <Dialog isOpen={chosen !== null} onClose={() => setChosen(null)} title={t('bursts.confirm.title')}>
        {chosen === null ? null : <CancelBurst burst={chosen} onClose={() => setChosen(null)} />}
      </Dialog>
    </section>
  )
}

function CancelBurst({ burst, onClose }: { burst: BookingBurst; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const queryClient = useQueryClient()
  // Repeated after a lost response, it says how many were cancelled.
  const requestKeys = useRequestKeys()
  const cancelling = useMutation({
    mutationFn: () => {
      const path = { clinicId, burstId: burst.id }
      return dataOf(api.cancelBookingBurst({ path, body: { hours }, headers: requestKeys.headersFor({ path, hours }) }))
    },
    onSuccess: ({ cancelled }) => {
      toastDone({ message: t('bursts.done', { number: cancelled }) })
      onClose()
      document.getElementById('settings-bursts')?.focus()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  const accountBookings = burst.bookings - cancellableOf(burst)
  return (
    <Stack gap="md">
      <Text>
        {t('bursts.confirm.help', {
          number: cancellableOf(burst),
          first: formatDayTime(burst.firstAt, timeZone),
          last: formatDayTime(burst.lastAt, timeZone),
        })}
      </Text>
      <BurstBookings burst={burst} hours={hours} />
      <Text fw={600}>{t('bursts.confirm.others')}</Text>
      {accountBookings === 0 ? null : <Text>{t('bursts.confirm.accounts', { number: accountBookings })}</Text>}
      {cancelling.isError ? <ErrorState error={cancelling.error} /> : null}
      <Group gap="sm">
        <ActionButton color="red" isBusy={cancelling.isPending} onClick={() => cancelling.mutate()}>
          {t('bursts.confirm.submit')}
        </ActionButton>
        <Button variant="default" onClick={onClose}>
          {t('bursts.confirm.back')}
        </Button>
      </Group>
    </Stack>
  )
}
