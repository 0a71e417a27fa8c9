import { Stack } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../lib/api-error.ts'
import { problemMessage } from '../lib/problem-message.ts'
import { ErrorState } from './error-state.tsx'
import { PageTitle } from './page-title.tsx'

/** For a route whose loader or component failed. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation('problems')
  const router = useRouter()
  const retry = () => {
    if (error instanceof RefusedError) {
      reset()
      void router.invalidate()
      return
    }
    // The router does not load a page's code again after a failure.
    window.location.reload()
  }
  return (
    <Stack gap="lg">
      <PageTitle>{problemMessage(error, t).title}</PageTitle>
      <ErrorState error={error} retry={retry} isTitled={false} />
    </Stack>
  )
}
