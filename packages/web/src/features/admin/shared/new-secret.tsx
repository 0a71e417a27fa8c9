import { Stack, Text } from '@mantine/core'
import type { ComponentProps } from 'react'
import { CopyField } from '../../../ui/fields/copy-field.tsx'
import { FocusedTitle } from '../../../ui/focus/focused-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'

type NewSecretProps = ComponentProps<typeof CopyField> & { id: string; title: string; help: string }

/** A secret that was just created. It cannot be shown again: the server stores its hash, or encrypts it. */
export function NewSecret({ id, title, help, ...field }: NewSecretProps) {
  return (
    <section className={layoutClasses.panel} aria-labelledby={id}>
      <Stack gap="sm">
        <FocusedTitle id={id}>{title}</FocusedTitle>
        <Text>{help}</Text>
        <CopyField {...field} />
      </Stack>
    </section>
  )
}
