import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../../ui/action-button.tsx'

type FormFrameProps = {
  isBusy: boolean
  submit: string
  onSubmit: () => void
  onLeave: () => void
  children: ReactNode
}

/** A form of an action, with a way back. */
export function FormFrame({ isBusy, submit, onSubmit, onLeave, children }: FormFrameProps) {
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
          <ActionButton type="submit" isBusy={isBusy}>
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
