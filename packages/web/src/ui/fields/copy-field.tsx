import { Button, Group, TextInput } from '@mantine/core'
import { useRef } from 'react'
import { copyText } from '../copy-text.ts'
import { toastDone, toastFailed } from '../toast.ts'

type CopyFieldProps = {
  value: string
  label: string
  /** The button's text. */
  button: string
  variant?: 'default' | 'filled'
  /** What is said after the value was copied, and when it could not be: it is selected then. */
  copied: string
  failed: string
  onCopied?: () => void
}

/** A value to copy, with the button that copies it. */
export function CopyField({ value, label, button, variant = 'filled', copied, failed, onCopied }: CopyFieldProps) {
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => {
    if (await copyText(value)) {
      toastDone({ message: copied })
      onCopied?.()
    } else {
      field.current?.select()
      toastFailed({ message: failed })
    }
  }
  return (
    <Group align="end" gap="sm">
      <TextInput
        ref={field}
        label={label}
        value={value}
        readOnly
        dir="ltr"
        onFocus={({ currentTarget }) => currentTarget.select()}
        flex="1 1 16rem"
      />
      <Button variant={variant} onClick={copy}>
        {button}
      </Button>
    </Group>
  )
}
