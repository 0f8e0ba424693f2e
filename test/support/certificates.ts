import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, PEM. */
export interface Certificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** An authority that lives as long as the test, and what it signs (X.509 v3, RFC 5280; P-256). */
export interface Authority {
  readonly certificate: Buffer;
  /** A certificate for `localhost` and 127.0.0.1. */
  issue(name: string): Certificate;
}

export function createAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const constraints = extension('551d13', der(0x30, boolean(true)));
  return {
    certificate: signed({
      issuer: name,
      issuerKey: privateKey,
      subject: name,
      publicKey,
      extensions: [constraints],
    }),
    issue: (subject) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = der(0x30, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
      const extensions = [extension('551d11', names)];
      return {
        certificate: signed({
          issuer: name,
          issuerKey: privateKey,
          subject,
          publicKey: own.publicKey,
          extensions,
        }),
        key: Buffer.from(own.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      };
    },
  };
}

function signed(parts: {
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}): Buffer {
  const ecdsaWithSha256 = der(0x30, identifier('2a8648ce3d040302'));
  const body = der(
    0x30,
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(parts.issuer),
    der(0x30, time(Date.now() - 3_600_000), time(Date.now() + 3_600_000)),
    commonName(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...parts.extensions)),
  );
  const signature = sign('sha256', body, parts.issuerKey);
  const bytes = der(0x30, body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  const base64 = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`);
}

/** One value of ASN.1's distinguished encoding. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function identifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function commonName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, identifier('550403'), der(0x0c, Buffer.from(name)))));
}

function time(milliseconds: number): Buffer {
  const [date = ''] = new Date(milliseconds).toISOString().replaceAll(/[-:T]/g, '').split('.');
  return der(0x17, Buffer.from(`${date.slice(2)}Z`));
}

function extension(hex: string, value: Buffer): Buffer {
  return der(0x30, identifier(hex), boolean(true), der(0x04, value));
}
