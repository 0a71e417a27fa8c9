import { Group, Stack } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { useRouter } from '@tanstack/react-router'
import { useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { isFinal, isOutdatedCode, isUnloadedCode, RefusedError } from '../../lib/api/api-error.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { LinkButton } from '../buttons/link-button.tsx'
import { PageTitle } from '../focus/page-title.tsx'
import { ErrorState } from './error-state.tsx'

/** When a page is loaded again of which a part could not be loaded although there was a network. */
const reloadMs = 15_000

/** For a route whose loader or component failed. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation('problems')
  const { t: tShell } = useTranslation('shell')
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
  const isUnloaded = isUnloadedCode(error)
  const isOutdated = isOutdatedCode(error)
  // In place before anybody sees the error, so that no return of the network is missed.
  useLayoutEffect(() => {
    if (!isUnloaded) return
    const reload = () => window.location.reload()
    // Browsers report the network some seconds before the server can be reached.
    const timer = isOutdated ? setTimeout(reload, reloadMs) : undefined
    window.addEventListener('online', reload)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', reload)
    }
  }, [isUnloaded, isOutdated])
  return (
    <Stack gap="lg">
      <PageTitle>{problemMessage(error, t).title}</PageTitle>
      <ErrorState error={error} retry={retry} isTitled={false} />
      {/* Without a network, the first page lists the tickets of this device. */}
      {isFinal(error) || isUnloaded ? (
        <Group>
          <LinkButton to="/" variant="default">
            {tShell('notFound.home')}
          </LinkButton>
        </Group>
      ) : null}
    </Stack>
  )
}
