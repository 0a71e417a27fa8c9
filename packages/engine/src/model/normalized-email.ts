/**
 * The form in which an e-mail address is stored and compared: without white space around it, in lower case. Mail
 * servers may distinguish capital letters before the @, but none is known that does. A change would undo what patients
 * have chosen: their choices are stored by digests of this form.
 */
export function normalizedEmail(email: string): string {
  return email.trim().toLowerCase()
}
