import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'

type FormFrameProps = {
  isBusy: boolean
  /** It cannot be undone. */
  isFinal?: boolean
  submit: string
  onSubmit: () => void
  onLeave: () => void
  children: ReactNode
}

/** A form of an action, with a way back. */
export function FormFrame({ isBusy, isFinal = false, submit, onSubmit, onLeave, children }: FormFrameProps) {
  const { t } = useTranslation('theatre')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <Stack gap="sm">
        {children}
        <Group>
          <ActionButton type="submit" isBusy={isBusy} {...(isFinal ? { color: 'red' } : {})}>
            {submit}
          </ActionButton>
          <Button variant="default" onClick={onLeave}>
            {t('move.leave')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
