import { ConnectError, type HandlerContext } from '@connectrpc/connect';
import { codeName, errorInfo } from '../call/error-info.ts';

/**
 * Gives the errors that Connect's handlers raise themselves, before a call comes of the request (it is no message, too
 * large, compressed by nothing that is known), what every error has: a reason. Whichever protocol it is, a handler
 * aborts the call's signal with its error and writes it afterwards.
 */
export function explainOwnErrors({ signal }: HandlerContext): void {
  signal.addEventListener(
    'abort',
    () => {
      if (signal.reason instanceof ConnectError) explain(signal.reason);
    },
    { once: true },
  );
}

/** Adds the name of its code as the reason of an error that has no details. */
export function explain(error: ConnectError): ConnectError {
  if (error.details.length === 0) error.details.push(errorInfo(codeName(error.code)));
  return error;
}
