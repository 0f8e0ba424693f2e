import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type Code, ConnectError } from '@connectrpc/connect';
import { errorToJson } from '@connectrpc/connect/protocol-connect';
import { explain } from './own-errors.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** Answers a request if it is one of its own, and returns whether it was. */
export type HttpRoutes = (request: HttpRequest, response: HttpResponse) => boolean;

/** The path without its query. */
export function pathOf({ url = '' }: HttpRequest): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** Answers with a short body that nobody may keep. */
export function answer(
  response: HttpResponse,
  status: number,
  body: string,
  contentType = 'text/plain',
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Cache-Control', 'no-store');
  response.end(body);
}

/** Answers with an error as the Connect protocol has it, so that its clients show the message. */
export function refuse(response: HttpResponse, status: number, code: Code, message: string): void {
  const error = explain(new ConnectError(message, code));
  answer(response, status, JSON.stringify(errorToJson(error, undefined)), 'application/json');
}
