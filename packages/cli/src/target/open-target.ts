import { type CommandContext, CommandRefusal } from '../command.ts'
import { startThrowawayServer } from './throwaway-server.ts'

/** The server on which a replay or an import books. */
export type Target = { url: string; credentials: { email: string; password: string }; stop(): Promise<void> }

/**
 * The running server with this address, or a temporary one. A server that starts takes its first administrator from
 * HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD; with `url`, they are the sign-in of an existing account, which
 * `whose` describes.
 *
 * @throws CommandRefusal
 */
export async function openTarget(
  { env, terminal, signal }: CommandContext,
  url: string | undefined,
  whose = 'a site administrator of that server, who creates the clinics',
): Promise<Target> {
  if (url === undefined) {
    terminal.note('Starting a temporary server …')
    return startThrowawayServer(env, signal)
  }
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CommandRefusal(`--url ${JSON.stringify(url)} is not an address such as http://localhost:3000`, 2)
  }
  const email = env.HOLDFAST_ADMIN_EMAIL
  const password = env.HOLDFAST_ADMIN_PASSWORD
  if (!email || !password) {
    throw new CommandRefusal(`with --url, set HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD to ${whose}`)
  }
  return { url, credentials: { email, password }, stop: async () => {} }
}
