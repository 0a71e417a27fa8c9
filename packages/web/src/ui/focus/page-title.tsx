import { Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { focusPageTitle, isTitleAwaited } from './page-focus.ts'

/**
 * The page's h1 and document title. It takes the focus after a navigation, so that screen readers start there.
 *
 * @param of the title, if the heading is not only text
 */
export function PageTitle({ children, of }: { children: ReactNode; of?: string }) {
  const text = of ?? (typeof children === 'string' ? children : '')
  useEffect(() => {
    document.title = text === '' ? 'Holdfast' : `${text} · Holdfast`
  }, [text])
  useEffect(() => {
    if (isTitleAwaited()) focusPageTitle()
  }, [])
  return (
    <Title order={1} tabIndex={-1}>
      {children}
    </Title>
  )
}
