import { ErrorState } from './error-state.tsx'
import { PageLoading } from './page-loading.tsx'

/** Whether a query failed, why, and how to repeat it. */
type Read = { isError: boolean; error: unknown; refetch(): Promise<unknown> }

/** What is shown until a query has data: that it is loading, or why it failed. */
export function LoadingOrError({ of: { isError, error, refetch } }: { of: Read }) {
  return isError ? <ErrorState error={error} retry={() => void refetch()} /> : <PageLoading />
}
