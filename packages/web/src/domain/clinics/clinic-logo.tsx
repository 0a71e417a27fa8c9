import type { Clinic } from '@holdfast/contract/client'
import classes from './clinic-logo.module.css'

/** The clinic's logo, if it has one; on white, because logos are drawn for that. */
export function ClinicLogo({ clinic: { name, logo } }: { clinic: Pick<Clinic, 'name' | 'logo'> }) {
  if (logo === null) return null
  return <img className={classes.logo} src={logo.url} alt={name} width={logo.width} height={logo.height} />
}
