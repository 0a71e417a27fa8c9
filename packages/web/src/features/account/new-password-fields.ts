export const passwordLengthMin = 10

type Fields = { newPassword: string; repeated: string }

/** Which text explains what is wrong with a new password and its repetition; null: nothing is. */
export function newPasswordErrors({ newPassword, repeated }: Fields): {
  newPassword: 'password.tooShort' | null
  repeated: 'password.different' | null
} {
  return {
    newPassword: newPassword.length < passwordLengthMin ? 'password.tooShort' : null,
    repeated: repeated === newPassword ? null : 'password.different',
  }
}
