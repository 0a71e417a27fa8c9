import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode, Ref } from 'react'
import classes from './layout.module.css'

type Props = {
  /** Of the heading, which names the section. */
  id: string
  title: ReactNode
  help?: ReactNode
  gap?: 'sm' | 'md' | 'lg'
  /** For a heading that receives the focus. */
  titleRef?: Ref<HTMLHeadingElement>
  children: ReactNode
}

/** A part of a page in a frame, with its heading. */
export function Panel({ id, title, help, gap = 'md', titleRef, children }: Props) {
  const heading = (
    <Title order={2} size="h3" id={id} {...(titleRef === undefined ? {} : { tabIndex: -1, ref: titleRef })}>
      {title}
    </Title>
  )
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <Stack gap={gap}>
        {help === undefined ? (
          heading
        ) : (
          <div>
            {heading}
            <Text c="dimmed">{help}</Text>
          </div>
        )}
        {children}
      </Stack>
    </section>
  )
}
