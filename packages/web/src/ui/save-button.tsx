import { Group } from '@mantine/core'
import { ActionButton } from './buttons/action-button.tsx'
import { ErrorState } from './states/error-state.tsx'

type Props = {
  /** The mutation that the form starts: the button is busy with it, and its error is above the button. */
  of: { isError: boolean; error: unknown; isPending: boolean }
  label: string
  isDisabled?: boolean
}

/** The button that submits a form. */
export function SaveButton({ of, label, isDisabled = false }: Props) {
  return (
    <>
      {of.isError ? <ErrorState error={of.error} /> : null}
      <Group>
        <ActionButton type="submit" disabled={isDisabled} isBusy={of.isPending}>
          {label}
        </ActionButton>
      </Group>
    </>
  )
}
