import { Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

/**
 * The page's h1 and document title.
 *
 * @param of the title, if the heading is not only text
 */
export function PageTitle({ children, of }: { children: ReactNode; of?: string }) {
  const text = of ?? (typeof children === 'string' ? children : '')
  useEffect(() => {
    document.title = text === '' ? 'Holdfast' : `${text} · Holdfast`
  }, [text])
  return <Title order={1}>{children}</Title>
}
