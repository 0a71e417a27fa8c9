export const passwordLengthMin = 10

/** `currentPassword`: empty if a link replaces it. */
type Fields = { currentPassword: string; newPassword: string; repeated: string }

/** Which text explains what is wrong with a new password and its repetition; null: nothing is. */
export function newPasswordErrors({ currentPassword, newPassword, repeated }: Fields): {
  newPassword: 'password.tooShort' | 'password.unchanged' | null
  repeated: 'password.different' | null
} {
  const isUnchanged = newPassword === currentPassword
  return {
    newPassword:
      newPassword.length < passwordLengthMin ? 'password.tooShort' : isUnchanged ? 'password.unchanged' : null,
    repeated: repeated === newPassword ? null : 'password.different',
  }
}
