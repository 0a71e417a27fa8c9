import type { Clinic } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Text, TextInput, type TextInputProps } from '@mantine/core'
import { type FocusEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { afterPress } from '../../ui/fields/after-press.ts'

type PhoneFieldProps = Omit<TextInputProps, 'type'> & { clinic: Pick<Clinic, 'phone' | 'timezone'> }

/**
 * A patient's telephone number. Once it is typed, a number that nobody has is said to be unlikely: it is accepted all
 * the same, because people write numbers in many ways.
 */
export function PhoneField({ clinic, description, onBlur, onChange, ...field }: PhoneFieldProps) {
  const { t } = useTranslation('shell')
  const [isUnlikely, setUnlikely] = useState(false)
  const check = async (event: FocusEvent<HTMLInputElement>) => {
    const input = event.currentTarget
    onBlur?.(event)
    // Loaded on demand: what all countries' numbers look like is larger than the page.
    const { isUnlikelyNumber } = await import('./unlikely-number.ts')
    // Somebody who corrects the number meanwhile has not left the field.
    afterPress(() => {
      if (input !== document.activeElement) setUnlikely(isUnlikelyNumber(input.value, clinic))
    })
  }
  return (
    <TextInput
      {...field}
      type="tel"
      maxLength={lengths.phone}
      onBlur={(event) => void check(event).catch(() => undefined)}
      onChange={(event) => {
        setUnlikely(false)
        onChange?.(event)
      }}
      description={
        <>
          {description}
          <Text component="span" display="block" size="sm" c="var(--mantine-color-text)" fw={600} role="status">
            {isUnlikely ? t('phoneUnlikely') : ''}
          </Text>
        </>
      }
    />
  )
}
