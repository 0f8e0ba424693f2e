/**
 * The bytes of a token's base64url text; undefined for a text that is not exactly what they are written as. Decoding by
 * itself skips what is no base64url, so that many texts would be the same token.
 */
export function tokenBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
