import { Stack } from '@mantine/core'
import { PageTitle } from '../focus/page-title.tsx'
import { ErrorState } from './error-state.tsx'

type Failure = { error: Error; retry: () => void }

/** Replaces a page for accounts while it is not known whether somebody is signed in, because the request failed. */
export function SessionFailed({ title, session }: { title: string; session: Failure }) {
  return (
    <Stack gap="lg">
      <PageTitle>{title}</PageTitle>
      <ErrorState error={session.error} retry={session.retry} />
    </Stack>
  )
}
