import { type ComponentPropsWithRef, type FocusEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import classes from './case-card.module.css'

const hoverMs = 200
const edgePixels = 8

type Shown = { lines: string[]; left: number; top: number }

/**
 * A section with cases. What a case is, is shown at its side while the pointer or the keyboard is on it: a short one
 * has no room for its name. Screen readers get the same from the case. The cases are not drawn again for it.
 */
export function WithCaseCards({ children, onFocus, ...section }: ComponentPropsWithRef<'section'>) {
  const [shown, setShown] = useState<Shown | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const hide = () => {
    clearTimeout(timer.current)
    setShown(null)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  // Escape hides it (WCAG 1.4.13); a scrolled board has moved under it.
  useEffect(() => {
    if (shown === null) return
    const end = (event: Event) => {
      if (!(event instanceof KeyboardEvent) || event.key === 'Escape') setShown(null)
    }
    window.addEventListener('keydown', end)
    window.addEventListener('scroll', end, true)
    return () => {
      window.removeEventListener('keydown', end)
      window.removeEventListener('scroll', end, true)
    }
  }, [shown])
  const show = (one: Element) => {
    const lines = one.querySelector<HTMLElement>('[data-lines]')?.dataset.lines?.split('\n') ?? []
    const { left, bottom } = one.getBoundingClientRect()
    if (lines.length > 0) setShown({ lines, left, top: bottom })
  }
  const bind = {
    onPointerOver({ target, pointerType, buttons }: PointerEvent) {
      clearTimeout(timer.current)
      const one = caseAt(target)
      // A finger opens the case.
      if (one === null || pointerType === 'touch' || buttons !== 0) setShown(null)
      else timer.current = setTimeout(() => show(one), hoverMs)
    },
    onPointerLeave: hide,
    onPointerDown: hide,
    onFocus(event: FocusEvent<HTMLElement>) {
      onFocus?.(event)
      const one = caseAt(event.target)
      if (one?.matches(':focus-visible')) show(one)
    },
    onBlur: hide,
  }
  return (
    <section {...section} {...bind}>
      {children}
      {shown === null ? null : <CaseCard {...shown} />}
    </section>
  )
}

function caseAt(target: EventTarget): Element | null {
  return target instanceof Element ? target.closest('[data-case]') : null
}

function CaseCard({ lines, left, top }: Shown) {
  const ref = useRef<HTMLDivElement>(null)
  // It is within the window and above messages, at whichever side the case is.
  useEffect(() => {
    const card = ref.current
    if (card === null) return
    const { width, height } = card.getBoundingClientRect()
    card.style.left = `${Math.max(edgePixels, Math.min(left, window.innerWidth - width - edgePixels))}px`
    const lowerEdge = document.querySelector('[data-toasts]')?.getBoundingClientRect().top ?? window.innerHeight
    card.style.top = `${Math.min(top + 2, lowerEdge - height - edgePixels)}px`
  }, [left, top])
  return (
    <div ref={ref} className={classes.card} style={{ left, top }} aria-hidden="true" data-case-card>
      {lines.map((line) => (
        <div key={line} dir="auto">
          {line}
        </div>
      ))}
    </div>
  )
}
