import { Anchor, type AnchorProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef } from 'react'

type TextAnchorProps = AnchorProps & Omit<ComponentPropsWithRef<'a'>, keyof AnchorProps>

function TextAnchor(props: TextAnchorProps) {
  return <Anchor {...props} />
}

/** A link inside text: underlined, because colour alone does not mark it. */
export const TextLink = createLink(TextAnchor)
