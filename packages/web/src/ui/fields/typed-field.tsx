import { TextInput, type TextInputProps } from '@mantine/core'
import { useMergedRef } from '@mantine/hooks'
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react'

/** The properties of a date's or a time's field, which are those of a native one, with the value in place of events. */
export type TypedFieldProps = Omit<TextInputProps, 'type' | 'value' | 'defaultValue' | 'onChange' | 'min' | 'max'> & {
  /** `YYYY-MM-DD` or `HH:MM`; empty: none. */
  value?: string
  onChange: (value: string) => void
}

type KindProps = {
  /** As the reader's language writes it. */
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
  onKeyDown?: ((event: KeyboardEvent<HTMLInputElement>) => void) | undefined
}

/** What somebody has typed, while the value is what it was before, or became by it. */
type Draft = { text: string; values: string[]; isInvalid: boolean }

/**
 * A date or a time that is typed in the site's language. Native fields have the browser's. What is typed becomes the
 * value as soon as it is whole, else with Enter or when the focus leaves; what is none remains, and the value is empty.
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
  const draft = stored?.values.includes(value) ? stored : null
  const own = draft?.isInvalid ? invalid : problem
  useLayoutEffect(() => input.current?.setCustomValidity(own ?? ''), [own])
  const send = (next: string) => {
    if (next !== value) onChange(next)
  }
  const commit = () => {
    if (draft === null) return
    const found = parse(draft.text) ?? ''
    const isInvalid = found === '' && draft.text.trim() !== ''
    setDraft(isInvalid ? { text: draft.text, values: [value, ''], isInvalid } : null)
    send(found)
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
        setDraft({ text, values: [value, whole ?? value], isInvalid: false })
        if (whole !== null) send(whole)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit()
        onKeyDown?.(event)
      }}
      onBlur={(event) => {
        commit()
        onBlur?.(event)
      }}
    />
  )
}
