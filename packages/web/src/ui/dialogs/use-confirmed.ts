import { useState } from 'react'

/**
 * Actions that are done after a confirmation.
 *
 * @returns `asked`: the one that waits for its confirmation; `dialog`: for the dialog that asks for it
 */
export function useConfirmed<Action extends string>(actions: Record<Action, () => void>) {
  const [asked, setAsked] = useState<Action | null>(null)
  const onConfirm = () => {
    if (asked !== null) actions[asked]()
    setAsked(null)
  }
  return { asked, ask: setAsked, dialog: { isOpen: asked !== null, onClose: () => setAsked(null), onConfirm } }
}
