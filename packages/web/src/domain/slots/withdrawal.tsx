import type { BookedSince, Booking, WithdrawnSlots } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isFinal, isRefusedForNow } from '../../lib/api/api-error.ts'
import type { AllPages } from '../../lib/api/read-pages.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { bookingsQuery, clinicKey } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { useShowError } from '../../ui/use-show-error.ts'
import { TheatreCases } from '../closures/theatre-cases.tsx'
import { affectedOf } from './affected.ts'
import { AffectedList } from './affected-list.tsx'
import { AffectedSheet } from './affected-sheet.tsx'
import { PrintButton } from './print-button.tsx'
import { useWithdrawalTexts } from './use-withdrawal-texts.ts'
import type { Days } from './withdrawal-search.ts'
import { Withdrawn } from './withdrawn.tsx'

type WithdrawalProps = {
  /** Identifies the withdrawal: each value has its own preview. */
  of: string
  doctorId: string
  clinicId: string
  timeZone: string
  /** The days of the slots. */
  days: Days
  /** Renders a link for moving one of these bookings. */
  moveOf?: ((booking: Booking) => ReactNode) | undefined
  rebookOf?: ((booking: Booking) => ReactNode) | undefined
  /** See {@link AffectedList}. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  /** See {@link AffectedList}. */
  allLost?: ReactNode
  /** Where the reader left the list; see {@link AffectedList}. */
  nextAt?: string | undefined
  run: (
    how: { dryRun: boolean; withBookings: boolean },
    headers: { 'Idempotency-Key'?: string },
  ) => Promise<WithdrawnSlots>
  onDone: () => void
  onBack: () => void
}

/**
 * A preview of the slots, open sessions and bookings that a withdrawal affects, then the withdrawal. If patients lost
 * appointments, they are listed until the reader is done with them. Nothing can be withdrawn before they have been
 * named. A withdrawal whose response was lost is repeated with its key, and then lists them too; until then, the
 * preview stays as it was before.
 */
export function Withdrawal(props: WithdrawalProps) {
  const { doctorId, clinicId, timeZone, days, moveOf, rebookOf, sinceOf, allLost, nextAt, run, onDone, onBack } = props
  const { t } = useTranslation(['schedule', 'problems'])
  const texts = useWithdrawalTexts()
  const withdrawal = useWithdrawal(props)
  const { mayBeDone } = withdrawal
  const queryClient = useQueryClient()
  const preview = useQuery({
    queryKey: previewKey(props),
    queryFn: async () => {
      const found = await run({ dryRun: true, withBookings: true }, {})
      // What was read before, or is being read, may lack somebody.
      const names = bookingsQuery(clinicId, { ...days, doctorId })
      await queryClient.cancelQueries({ queryKey: names.queryKey, exact: true })
      const named = await queryClient.fetchQuery({ ...names, staleTime: 0 })
      return { ...found, named }
    },
    enabled: withdrawal.data === undefined && !withdrawal.isPending && !mayBeDone,
    staleTime: 0,
    gcTime: 0,
  })
  const isMailed = useQuery(clinicQuery(clinicId)).data?.sendsEmails ?? false
  const sheet = { days, doctorId, clinicId, timeZone }
  const hasAffected = withdrawal.data !== undefined && withdrawal.data.bookings.length > 0
  const since = useQuery({
    ...bookingsQuery(clinicId, { ...days, doctorId, withBookedSince: true }),
    enabled: hasAffected,
  })
  if (hasAffected) {
    const affected = affectedOf(withdrawal.data, since.data ?? withdrawal.data.patients, withdrawal.data.patients)
    const title = texts.done(withdrawal.data)
    return (
      <>
        <Withdrawn
          title={title}
          affected={affected}
          timeZone={timeZone}
          isMailed={isMailed}
          rebookOf={rebookOf}
          sinceOf={sinceOf}
          allLost={allLost}
          onClose={onDone}
        />
        <AffectedSheet {...sheet} affected={affected} note={title} isWithdrawn />
      </>
    )
  }
  if (preview.isError) return <ErrorState error={preview.error} retry={() => void preview.refetch()} />
  if (preview.data === undefined) return <Text role="status">{t('withdraw.loading')}</Text>
  const { slots, sessions = 0, bookings, named } = preview.data
  const { patients = named } = (withdrawal.isPending || mayBeDone ? withdrawal.variables : null) ?? {}
  const affected = affectedOf(preview.data, patients)
  return (
    <Stack gap="md">
      <FocusedTitle id="withdrawal" order={3}>
        {texts.would(preview.data)}
      </FocusedTitle>
      {bookings.length > 0 ? (
        <Alert
          color="red"
          variant="outline"
          icon={<Icon of={IconAlertTriangle} />}
          title={t('withdraw.affected', { count: bookings.length })}
        >
          <AffectedList affected={affected} timeZone={timeZone} moveOf={moveOf} nextAt={nextAt} />
          <Text size="sm" mt="xs">
            {t('withdraw.consequence')} {t(isMailed ? 'withdraw.callOthersBefore' : 'withdraw.callBefore')}
          </Text>
          <AffectedSheet {...sheet} affected={affected} note={texts.would(preview.data)} />
        </Alert>
      ) : slots + sessions > 0 ? (
        <Text c="dimmed">{t('withdraw.noBookings')}</Text>
      ) : null}
      <TheatreCases of={preview.data} clinicId={clinicId} timeZone={timeZone} />
      {mayBeDone && withdrawal.isError ? <ErrorState error={withdrawal.error} help={t('withdraw.unknown')} /> : null}
      <Group gap="sm">
        <ActionButton
          color="red"
          disabled={slots + sessions === 0}
          isBusy={withdrawal.isPending}
          onClick={() => withdrawal.mutate({ withBookings: bookings.length > 0, patients, mayBeDone })}
        >
          {mayBeDone ? t('problems:retry') : texts.submit(preview.data, bookings.length)}
        </ActionButton>
        {mayBeDone ? null : (
          <Button variant="default" onClick={onBack}>
            {t('withdraw.back')}
          </Button>
        )}
        {bookings.length > 0 ? <PrintButton /> : null}
      </Group>
    </Stack>
  )
}

function previewKey({ clinicId, of }: Pick<WithdrawalProps, 'clinicId' | 'of'>) {
  return [...clinicKey(clinicId), 'withdrawal', of]
}

type Attempt = {
  withBookings: boolean
  /** From which names and contacts are taken afterwards: those who were booked before the first attempt. */
  patients: AllPages<Booking>
  /** An earlier attempt may have been carried out. */
  mayBeDone: boolean
}

function useWithdrawal({ of, doctorId, clinicId, run, onDone }: WithdrawalProps) {
  const texts = useWithdrawalTexts()
  const showError = useShowError()
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const mutation = useMutation({
    // A preview that is being read would show what is left after the withdrawal.
    onMutate: () => queryClient.cancelQueries({ queryKey: previewKey({ clinicId, of }) }),
    // If the preview showed no bookings, none may be affected: a new booking makes the server refuse the withdrawal.
    mutationFn: async ({ withBookings, patients }: Attempt) => {
      const how = { dryRun: false, withBookings }
      return { patients, ...(await run(how, requestKeys.headersFor({ of, ...how }))) }
    },
    onSuccess: (withdrawn) => {
      if (withdrawn.bookings.length > 0) return
      toastDone({ message: texts.done(withdrawn) })
      onDone()
    },
    onError: (error, attempt) => {
      if (mayHaveWithdrawn(error, attempt)) return
      showError(error)
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
    },
  })
  const { error, variables, isPending } = mutation
  const mayBeDone = isPending ? variables.mayBeDone : error !== null && mayHaveWithdrawn(error, variables)
  return { ...mutation, mayBeDone }
}

/** Whether the slots may be withdrawn although the attempt failed. */
function mayHaveWithdrawn(error: Error, { mayBeDone }: Pick<Attempt, 'mayBeDone'>): boolean {
  return !isFinal(error) && (mayBeDone || !isRefusedForNow(error))
}
