import type { DrawerTitle, ModalTitle } from '@mantine/core'
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'
import { nearbyFocusOf } from '../focus/nearby-focus.ts'
import { focusPageTitle } from '../focus/page-focus.ts'

type DialogTitleProps = {
  titleRef: RefObject<HTMLHeadingElement | null>
  /** The title component of the kind of dialog. */
  part: typeof ModalTitle | typeof DrawerTitle
  children: string
}

/**
 * Where the focus is when the dialog opens, unless its content marks another element: Mantine would take the first
 * control, which is the button that closes the dialog.
 */
export function DialogTitle({ titleRef, part: Title, children }: DialogTitleProps) {
  useLayoutEffect(() => {
    const title = titleRef.current
    const isMarked = title?.closest('[role="dialog"]')?.querySelector('[data-autofocus]')
    if (!isMarked) title?.setAttribute('data-autofocus', 'true')
  }, [titleRef])
  return (
    <Title fw={650} fz="lg" lh="sm" tabIndex={-1} ref={titleRef}>
      {children}
    </Title>
  )
}

/**
 * A dialog whose title changes has new content: the focus goes to the title, unless a field of the content has taken
 * it. The button that had the focus before is gone.
 */
export function useFocusedTitle(isOpen: boolean, title: string): RefObject<HTMLHeadingElement | null> {
  const ref = useRef<HTMLHeadingElement>(null)
  const before = useRef<string | null>(null)
  useEffect(() => {
    const isChanged = isOpen && before.current !== null && before.current !== title
    before.current = isOpen ? title : null
    if (isChanged && document.activeElement?.contains(ref.current)) ref.current?.focus()
  }, [isOpen, title])
  return ref
}

/**
 * After closing, the focus is on the button that opened the dialog, or where the dialog's action has moved it. If the
 * button is gone with its row, it is near there, or on the page's heading; Mantine would leave it nowhere.
 */
export function useReturnedFocus(isOpen: boolean): void {
  const toOpener = useRef<(() => boolean) | null>(null)
  useEffect(() => {
    if (isOpen) {
      toOpener.current = returningTo(document.activeElement)
      return
    }
    const returnFocus = toOpener.current
    toOpener.current = null
    if (returnFocus !== null && !isFocusMoved() && !returnFocus()) focusPageTitle()
  }, [isOpen])
  // This is for a dialog that is only rendered while it is open.
  useEffect(
    () => () => {
      if (toOpener.current !== null && !isFocusMoved()) toOpener.current()
    },
    [],
  )
}

function returningTo(opener: Element | null): () => boolean {
  const focusNearby = opener === null ? () => false : nearbyFocusOf(opener)
  return () => {
    if (!(opener instanceof HTMLElement) || !opener.isConnected || opener === document.body) return focusNearby()
    opener.focus()
    return true
  }
}

function isFocusMoved(): boolean {
  const { activeElement } = document
  return activeElement !== document.body && activeElement?.closest('[role="dialog"]') === null
}
