/** An entry of the command menu. `href`: where it leads; `about`: such as the clinic whose page it is. */
export type Command = { label: string; about: string | null; href: string }
