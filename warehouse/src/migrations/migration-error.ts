/**
 * Why a database was not migrated. None is helped by trying again, except `statement-failed` when its cause was the network or a lack
 * of resources.
 *
 * - `database-newer`: the database has migrations that this code does not know. Start the newer code.
 * - `checksum-mismatch`: an applied migration differs from the one in the code.
 * - `statement-failed`: the database refused or failed a statement; `cause` says why.
 */
export type MigrationErrorKind = 'database-newer' | 'checksum-mismatch' | 'statement-failed';

/** The one error that `migrate` throws. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly kind: MigrationErrorKind;

  constructor(kind: MigrationErrorKind, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
