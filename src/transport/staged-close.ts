import type { HttpRequest, HttpResponse } from './http-exchange.ts';

/**
 * Hears a client out that is answered before it has sent everything, where its connection is to close behind the answer
 * (RFC 9112, section 9.6). Node closes it at once: what is under way to it then makes the system reset the connection,
 * and many a client fails with that before it has read the answer. A request that never ends is ended by its time limit.
 */
export function closeInStages(request: HttpRequest, response: HttpResponse): void {
  // Before Node's own listener, which closes the connection.
  response.prependOnceListener('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    const close = socket.destroySoon;
    let isDue = false;
    socket.destroySoon = () => {
      isDue = true;
      socket.end();
      request.resume();
    };
    request.once('close', () => {
      socket.destroySoon = close;
      if (isDue) socket.destroySoon();
    });
  });
}
