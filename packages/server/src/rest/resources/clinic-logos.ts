import { restOperations } from '@holdfast/contract'
import { type ClinicLogo, clinicNoIn } from '@holdfast/engine'
import { matchesEntityTag } from '../../edge/bodies/entity-tag.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { readLogoImage } from '../../messages/logo-image/read-logo-image.ts'
import { UnreadableImage } from '../../messages/logo-image/stripped-image.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** The logos of clinics: everybody reads them, the clinic's admins change them. */
export function serveClinicLogos(serve: Serve, { engine: { directory } }: RestDeps): void {
  serve(restOperations.getClinicLogo, async ({ params: { clinicId }, query: { version }, request }) => {
    const clinicNo = clinicNoIn(clinicId)
    if (clinicNo === null || (await directory.clinic(clinicId)) === null) throw clinicNotFound(clinicId)
    const logo = await directory.logo(clinicNo)
    if (logo === null) throw problem('clinic_logo_not_found', 'This clinic has no logo.')
    const etag = `"${logo.digest}"`
    const isImmutable = version === logo.digest
    const headers = { etag, 'cache-control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache' }
    if (matchesEntityTag(request.headers['if-none-match'], etag)) return { status: 304, body: undefined, headers }
    return { status: 200, body: logo.image, headers: { ...headers, 'content-type': logo.mediaType } }
  })

  serve(restOperations.setClinicLogo, async ({ body, granted: { clinic } }) => {
    await directory.setLogo(clinic.no, logoOf(body.image))
    return { status: 204, body: undefined }
  })

  serve(restOperations.deleteClinicLogo, async ({ granted: { clinic } }) => {
    await directory.removeLogo(clinic.no)
    return { status: 204, body: undefined }
  })
}

/** @throws ProblemError invalid_request */
function logoOf(base64: string): ClinicLogo {
  try {
    return readLogoImage(Buffer.from(base64, 'base64'))
  } catch (error) {
    if (error instanceof UnreadableImage) throw invalidRequest([{ path: '/image', message: error.message }])
    throw error
  }
}
