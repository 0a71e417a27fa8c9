import { Anchor, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { PageTitle } from './page-title.tsx'

type PageHeadProps = {
  title: string
  intro: ReactNode
  /** The page of the help about it. */
  help?: { href: string; text: string }
  /** Space above the introduction, and its widest line. */
  mt?: number
  maw?: string
}

/** The title of a page, with what the page is for. */
export function PageHead({ title, intro, help, ...space }: PageHeadProps) {
  return (
    <div>
      <PageTitle>{title}</PageTitle>
      <Text c="dimmed" {...space}>
        {intro}
      </Text>
      {help === undefined ? null : (
        <Anchor href={help.href} underline="always">
          {help.text}
        </Anchor>
      )}
    </div>
  )
}
