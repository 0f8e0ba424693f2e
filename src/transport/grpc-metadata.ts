import { Metadata, type MetadataValue } from '@grpc/grpc-js';

// What gRPC's HTTP/2 mapping lets an application send; the rest of a name or value would break the whole answer.
const legalName = /^[0-9a-z_.-]+$/;
const legalValue = /^[ -~]*$/;
const protocolNames =
  /^(?:grpc-.*|content-(?:type|length|encoding)|connection|host|te|trailer|transfer-encoding)$/;

/**
 * A call's metadata as the headers that Connect's handlers read and write: binary values (`-bin`) in base64, several
 * values of a name joined with a comma. Each call has two of them and asks for three names: copies of them as `Headers`
 * and back would cost more than what is done with them.
 *
 * Writing never throws: what gRPC cannot carry, or what belongs to the protocol itself, is left out.
 */
export class MetadataHeaders implements Headers {
  readonly metadata: Metadata;

  constructor(metadata = new Metadata()) {
    this.metadata = metadata;
  }

  get(name: string): string | null {
    const values = this.metadata.get(name);
    return values.length === 0 ? null : values.map(textOf).join(', ');
  }

  has(name: string): boolean {
    return this.metadata.get(name).length > 0;
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    if (!legalName.test(key) || !legalValue.test(value) || protocolNames.test(key)) return;
    if (!key.endsWith('-bin')) this.metadata.add(key, value);
    else for (const one of value.split(',')) this.metadata.add(key, Buffer.from(one, 'base64'));
  }

  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  delete(name: string): void {
    this.metadata.remove(name);
  }

  getSetCookie(): string[] {
    return this.metadata.get('set-cookie').map(textOf);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  keys() {
    return this.#copy().keys();
  }

  values() {
    return this.#copy().values();
  }

  entries() {
    return this.#copy().entries();
  }

  [Symbol.iterator]() {
    return this.#copy()[Symbol.iterator]();
  }

  #copy(): Headers {
    const headers = new Headers();
    for (const [name, values] of Object.entries(this.metadata.toJSON())) {
      for (const value of values) headers.append(name, textOf(value));
    }
    return headers;
  }
}

function textOf(value: MetadataValue): string {
  return typeof value === 'string' ? value : value.toString('base64');
}
