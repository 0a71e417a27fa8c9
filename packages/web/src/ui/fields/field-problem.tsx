import { Input } from '@mantine/core'
import type { TFunction } from 'i18next'
import { type ReactNode, useEffect, useEffectEvent, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { afterPress } from './after-press.ts'

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

type Problem = { control: Control; text: string }

/**
 * Around the control of each field: what the browser finds wrong with it when the form is submitted is said under the
 * field, in the page's language, until it is changed. The first such field of a form gets the focus. Without it,
 * browsers show bubbles that disappear, in their own language, one at a time.
 */
export function FieldProblem({ children }: { children: ReactNode }) {
  const { t } = useTranslation('shell')
  const [problem, setProblem] = useState<Problem | null>(null)
  const textId = useId()
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (problem === null) return
    const { control } = problem
    const before = ['aria-invalid', 'aria-describedby'].map((name) => [name, control.getAttribute(name)] as const)
    control.setAttribute('aria-invalid', 'true')
    control.setAttribute(
      'aria-describedby',
      [control.getAttribute('aria-describedby'), textId].filter(Boolean).join(' '),
    )
    return () => {
      for (const [name, value] of before) {
        if (value === null) control.removeAttribute(name)
        else control.setAttribute(name, value)
      }
    }
  }, [problem, textId])
  const show = useEffectEvent((event: Event) => {
    const { target: control } = event
    // A field may be within the control of another, as in a group.
    if (!isControl(control) || control.closest('[data-field]') !== ref.current) return
    event.preventDefault()
    // A field with its own rule says what is wrong itself.
    if (!control.validity.customError) setProblem({ control, text: textOf(t, control) })
    if (control.form === null || firstInvalid(control.form) === control) control.focus()
  })
  const recheck = useEffectEvent(() => {
    if (problem?.control.validity.valid) afterPress(() => setProblem(null))
  })
  useEffect(() => {
    const listening = new AbortController()
    // The event does not bubble.
    ref.current?.addEventListener('invalid', show, { capture: true, signal: listening.signal })
    ref.current?.addEventListener('input', () => setProblem(null), { signal: listening.signal })
    ref.current?.addEventListener('focusout', recheck, { signal: listening.signal })
    return () => listening.abort()
  }, [])
  return (
    <div ref={ref} data-field>
      {children}
      {problem === null ? null : (
        <Input.Error id={textId} size="md" mt={6}>
          {problem.text}
        </Input.Error>
      )}
    </div>
  )
}

function isControl(target: EventTarget | null): target is Control {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
  )
}

function firstInvalid(form: HTMLFormElement): Element | undefined {
  return [...form.elements].find((element) => isControl(element) && !element.validity.valid)
}

function textOf(t: TFunction<'shell'>, control: Control): string {
  const { validity, type } = control
  if (validity.valueMissing) return t('fieldProblem.missing')
  if (validity.typeMismatch && type === 'email') return t('fieldProblem.email')
  if (validity.typeMismatch && type === 'url') return t('fieldProblem.url')
  if (validity.tooShort) return t('fieldProblem.short', { length: control.getAttribute('minlength') })
  return t('fieldProblem.other')
}
