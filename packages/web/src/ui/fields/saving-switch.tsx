import { Switch } from '@mantine/core'
import { type ReactNode, useRef } from 'react'

type SavingSwitchProps = {
  label: ReactNode
  description: ReactNode
  /** The value that is stored. */
  checked: boolean
  /** The request that stores a change. */
  saving: {
    isPending: boolean
    variables: boolean | undefined
    mutate: (checked: boolean, options: { onSettled: () => void }) => void
  }
}

/**
 * A switch that is stored as soon as it is pressed. Meanwhile it shows the new value, ignores presses and keeps the
 * focus, which a disabled one would lose.
 */
export function SavingSwitch({ label, description, checked, saving }: SavingSwitchProps) {
  // A press may come before `isPending` is rendered.
  const isSaving = useRef(false)
  return (
    <Switch
      label={label}
      description={description}
      checked={saving.isPending ? (saving.variables ?? checked) : checked}
      aria-disabled={saving.isPending || undefined}
      onChange={({ currentTarget }) => {
        if (isSaving.current) return
        isSaving.current = true
        saving.mutate(currentTarget.checked, {
          onSettled: () => {
            isSaving.current = false
          },
        })
      }}
    />
  )
}
