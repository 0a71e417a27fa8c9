import { Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

/**
 * The page's one h1, and the name of its tab.
 *
 * @param of the tab's text, where the heading isn't text alone
 */
export function PageTitle({ children, of }: { children: ReactNode; of?: string }) {
  const text = of ?? (typeof children === 'string' ? children : '')
  useEffect(() => {
    document.title = text === '' ? 'Holdfast' : `${text} · Holdfast`
  }, [text])
  return <Title order={1}>{children}</Title>
}
