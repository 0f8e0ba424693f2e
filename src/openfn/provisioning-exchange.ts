import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError, createHandlerContext, type HandlerContext } from '@connectrpc/connect';
import { CONSISTENCY_TOKEN } from '../call/consistency-token.ts';
import type { HttpRequest, HttpResponse } from '../transport/http-exchange.ts';

/** Of a request's headers a call looks at these. */
const CALL_HEADERS = ['authorization', 'x-request-id', CONSISTENCY_TOKEN] as const;

/** A request to the provisioning API, its answer, and the calls that are made on its behalf. */
export class ProvisioningExchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly query: URLSearchParams;
  readonly #gone = new AbortController();
  #call: HandlerContext | undefined;

  constructor(request: HttpRequest, response: HttpResponse) {
    const { url = '' } = request;
    this.request = request;
    this.response = response;
    this.query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
    response.once('close', () => this.#gone.abort(new ConnectError('the client left', Code.Canceled)));
  }

  /** The context of a call, which ends when the client goes. */
  begin(method: DescMethod): HandlerContext {
    const { request } = this;
    const requestHeader = new Headers();
    for (const name of CALL_HEADERS) {
      const value = request.headers[name];
      if (typeof value === 'string') requestHeader.set(name, value);
    }
    this.#call = createHandlerContext({
      service: method.parent,
      method,
      protocolName: 'http',
      requestMethod: request.method ?? '',
      url: request.url ?? '',
      requestSignal: this.#gone.signal,
      requestHeader,
      responseHeader: new Headers(),
    });
    return this.#call;
  }

  /** By which the log knows the last call; empty when there was none. */
  get requestId(): string {
    return this.#call?.responseHeader.get('x-request-id') ?? '';
  }

  /** Sets headers of the answer: these, and those that the last call has set. */
  setHeaders(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
    this.#call?.responseHeader.forEach((value, name) => {
      this.response.setHeader(name, value);
    });
  }
}
