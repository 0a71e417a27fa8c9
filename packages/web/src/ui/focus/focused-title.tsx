import { Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

/** The heading of content that has just replaced other content. It takes the focus, so that it is read and visible. */
export function FocusedTitle({ id, order = 2, children }: { id: string; order?: 2 | 3; children: ReactNode }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => ref.current?.focus(), [])
  return (
    <Title order={order} id={id} tabIndex={-1} ref={ref}>
      {children}
    </Title>
  )
}
