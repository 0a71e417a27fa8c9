import { TextInput, type TextInputProps } from '@mantine/core'
import { useMergedRef } from '@mantine/hooks'
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** The properties of a date's or a time's field, which are those of a native one, with the value in place of events. */
export type TypedFieldProps = Omit<TextInputProps, 'type' | 'value' | 'defaultValue' | 'onChange' | 'min' | 'max'> & {
  /** `YYYY-MM-DD` or `HH:MM`; empty: none. */
  value?: string
  onChange: (value: string) => void
}

type KindProps = {
  /** Formats the value as the reader's language writes it. */
  format: (value: string) => string
  parse: (text: string) => string | null
  /** Whether nothing needs to be added to a text that is being typed. */
  isWhole: (text: string) => boolean
  /** The order of its parts, such as `day/month/year`. */
  pattern: string
  /** What to say of a text that is not one. */
  invalid: string
  /** What is wrong with the value, such as a day before the first one. */
  problem?: string | null
  /** Changes when a value was chosen in another way than by typing: what was typed before is gone. */
  choice?: number
  onKeyDown?: ((event: KeyboardEvent<HTMLInputElement>) => void) | undefined
}

/** What somebody has typed, while the value is what it was before, or became by it. */
type Draft = { text: string; values: string[]; isInvalid: boolean; choice: number }

/**
 * A date or a time that is typed in the site's language. Native fields have the browser's. What is typed becomes the
 * value as soon as it is whole, else with Enter or when the focus leaves. What is none remains, the value is empty, and
 * the form cannot be submitted.
 */
export function TypedField({
  value = '',
  onChange,
  format,
  parse,
  isWhole,
  pattern,
  invalid,
  problem = null,
  choice = 0,
  error,
  onBlur,
  onKeyDown,
  ref,
  ...props
}: TypedFieldProps & KindProps) {
  const input = useRef<HTMLInputElement>(null)
  const merged = useMergedRef(input, ref ?? null)
  const [stored, setDraft] = useState<Draft | null>(null)
  // The form was reset, or something else changed the value.
  const draft = stored?.values.includes(value) && stored.choice === choice ? stored : null
  if (stored !== null && draft === null) setDraft(null)
  const own = draft?.isInvalid ? invalid : problem
  useLayoutEffect(() => input.current?.setCustomValidity(own ?? ''), [own])
  const isInvalid = draft?.isInvalid === true
  useEffect(() => {
    const form = input.current?.form
    if (!isInvalid || !form) return
    // Also a form without the browser's checks, which would store what it has without this field.
    const refuse = (event: Event) => {
      event.preventDefault()
      event.stopPropagation()
      input.current?.focus()
    }
    form.addEventListener('submit', refuse, { capture: true })
    return () => form.removeEventListener('submit', refuse, { capture: true })
  }, [isInvalid])
  const send = (next: string) => {
    if (next !== value) onChange(next)
  }
  /** @returns false: what was typed is none */
  const commit = (): boolean => {
    if (draft === null) return true
    const found = parse(draft.text) ?? ''
    const isNone = found === '' && draft.text.trim() !== ''
    setDraft(isNone ? { text: draft.text, values: [value, ''], isInvalid: true, choice } : null)
    send(found)
    return !isNone
  }
  return (
    <TextInput
      placeholder={pattern}
      aria-description={pattern}
      autoComplete="off"
      {...props}
      ref={merged}
      data-value={value}
      value={draft?.text ?? (value === '' ? '' : format(value))}
      error={draft?.isInvalid ? invalid : error || problem}
      onChange={({ currentTarget: { value: text } }) => {
        const whole = isWhole(text) ? parse(text) : null
        setDraft({ text, values: [value, whole ?? value], isInvalid: false, choice })
        if (whole !== null) send(whole)
      }}
      onKeyDown={(event) => {
        // Enter also submits the form.
        if (event.key === 'Enter' && !commit()) event.preventDefault()
        onKeyDown?.(event)
      }}
      onBlur={(event) => {
        commit()
        onBlur?.(event)
      }}
    />
  )
}
