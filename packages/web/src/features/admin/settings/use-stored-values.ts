import type { UseFormReturnType } from '@mantine/form'
import { useEffect, useEffectEvent, useRef } from 'react'

/**
 * After each save, including an undo, the form starts again from the stored values. It stays mounted, so that the
 * button that was pressed keeps the focus.
 */
export function useStoredValues<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  stored: Values,
): void {
  const text = JSON.stringify(stored)
  const before = useRef(text)
  const restart = useEffectEvent(() => {
    form.setInitialValues(stored)
    form.setValues(stored)
    form.resetDirty(stored)
  })
  useEffect(() => {
    if (before.current === text) return
    before.current = text
    restart()
  }, [text])
}
