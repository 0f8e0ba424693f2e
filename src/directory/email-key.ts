/**
 * What of an e-mail address has to be unique: the address with its ASCII letters in lower case, exactly as
 * PostgreSQL's `lower()` sees a column of collation "C", on which the index `users_email_index` stands.
 */
export function emailKey(email: string): string {
  return email.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
