import { Button, type ButtonProps } from '@mantine/core'
import type { ComponentPropsWithRef, MouseEvent } from 'react'
import classes from './action-button.module.css'

type ActionButtonProps = Omit<ButtonProps, 'loading'> &
  Omit<ComponentPropsWithRef<'button'>, keyof ButtonProps> & {
    /** Its request is under way. */
    isBusy?: boolean
  }

/**
 * A button that sends a request. While it is busy or disabled it ignores clicks and stays focusable: the focus of a
 * button with the attribute `disabled` falls back to the page, and keyboard users start again from the top.
 */
export function ActionButton({ isBusy = false, disabled = false, className, onClick, ...props }: ActionButtonProps) {
  const isInert = isBusy || disabled
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    // Also keeps a form from being submitted twice, by Enter in a field too.
    if (isInert) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <Button
      {...props}
      className={`${classes.action} ${className ?? ''}`}
      aria-disabled={isInert || undefined}
      {...(isBusy ? { 'data-busy': true } : disabled ? { 'data-disabled': true } : {})}
      onClick={click}
    />
  )
}
