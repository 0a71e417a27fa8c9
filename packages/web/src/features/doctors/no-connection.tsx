import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

const KeptTickets = lazy(async () => ({
  default: (await import('../../domain/bookings/kept-tickets.tsx')).KeptTickets,
}))

/** The tickets that are kept on this device, shown in place of the doctors when the server cannot be reached. */
export function NoConnection({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation('doctors')
  return (
    <>
      {navigator.onLine === false ? (
        <EmptyState title={t('offline.title')} help={t('offline.help')} />
      ) : (
        <ErrorState error={error} retry={retry} />
      )}
      <Suspense>
        <KeptTickets />
      </Suspense>
    </>
  )
}
