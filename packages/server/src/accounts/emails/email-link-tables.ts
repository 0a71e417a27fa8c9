import type { BetterAuthPlugin } from 'better-auth'

/** Only digests of tokens are stored. */
export const emailLinkTables = {
  id: 'holdfast-email-links',
  schema: {
    emailLink: {
      fields: {
        userId: { type: 'string', required: true, index: true, references: { model: 'user', field: 'id' } },
        tokenHash: { type: 'string', required: true, unique: true },
        email: { type: 'string', required: true, index: true },
        // confirm: the address that the account has; change: to this one; undo: back to this one
        purpose: { type: 'string', required: true },
        sentAt: { type: 'date', required: true },
        expiresAt: { type: 'date', required: true },
        // Of the request to change the address to `email`, as in the security log; null: another one, or unknown.
        network: { type: 'string', required: false },
        // Of an undo: the account had proven the address.
        isProven: { type: 'boolean', required: false },
      },
    },
  },
} satisfies BetterAuthPlugin

/**
 * Digests of addresses that an account had, so that what was booked with one of them reaches the account's person. A
 * booking starts at most two years after it was made, so those of three years are enough.
 */
export const formerEmailTables = {
  id: 'holdfast-former-emails',
  schema: {
    formerEmail: {
      fields: {
        userId: { type: 'string', required: true, index: true, references: { model: 'user', field: 'id' } },
        digest: { type: 'string', required: true },
        changedAt: { type: 'date', required: true },
      },
    },
  },
} satisfies BetterAuthPlugin

/**
 * The application's role may not change e-mail addresses; this function does, for a link that is valid, and stores the
 * digest of the former one. The owner creates it after the tables, with the grants.
 */
export const changeAddressFunction = `
  create or replace function auth.change_address(p_token_hash text) returns void
    language sql security definer set search_path = auth, pg_temp
    as $$
      with link as (
        select u.id, encode(sha256(convert_to(u.email, 'UTF8')), 'hex') as digest
          from "emailLink" l join "user" u on u.id = l."userId"
         where l."tokenHash" = p_token_hash and l."expiresAt" > now() and l.purpose in ('change', 'undo')
      ), outdated as (
        delete from "formerEmail" f using link
         where f."userId" = link.id and (f.digest = link.digest or f."changedAt" < now() - interval '3 years')
      )
      insert into "formerEmail" ("userId", digest, "changedAt") select id, digest, now() from link;
      update "user" u
         set email = l.email, "emailVerified" = true, "emailVerifiedAt" = now(), "updatedAt" = now()
        from "emailLink" l
       where l."tokenHash" = p_token_hash and l."expiresAt" > now() and l.purpose in ('change', 'undo')
         and u.id = l."userId"
    $$;
  revoke all on function auth.change_address(text) from public;
  grant execute on function auth.change_address(text) to holdfast_app;
`

/**
 * Nobody gets an address that its earlier account may take back. After the statement, because its unique index waits
 * for an account that leaves the address at the same time, and only then is the reservation seen.
 */
export const reservedAddressTrigger = `
  create or replace function auth.refuse_reserved_address() returns trigger
    language plpgsql set search_path = auth, pg_temp
    as $$
    begin
      if exists (select from "emailLink"
                  where email = new.email and purpose = 'undo' and "expiresAt" > now() and "userId" <> new.id) then
        raise unique_violation using message = 'The address is reserved for the account that had it before.';
      end if;
      return null;
    end $$;
  create or replace trigger refuse_reserved_address after insert or update of email on "user"
    for each row execute function auth.refuse_reserved_address();
`
