import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Failure, refuse } from '../call/failure.ts';
import { ProjectEventKind } from '../gen/lightning/projects/v1/project_event_pb.ts';
import type {
  WatchProjectsRequest,
  WatchProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { EventHub, Round, Watcher } from './event-hub.ts';
import { eventMessage, isWatched, projectsIn, watchedKinds } from './event-message.ts';
import { type EventPosition, expiredToken, readToken, writeToken } from './event-position.ts';
import { eventsAfter, isOfPast, type Look } from './event-query.ts';
import { type WatchedProject, watchedProjects } from './event-readers.ts';
import { presentProjects } from './present-projects.ts';

type Response = MessageInitShape<typeof WatchProjectsResponseSchema>;

/** Milliseconds without an event after which a heartbeat tells the position. */
const HEARTBEAT_MS = 15_000;
/** Events that may wait for a client: with the messages under way, what it may fall behind. Some 50 MB of memory. */
const WAITING_EVENTS = 50_000;

/** Sends what happens to projects, from now on or from where an earlier watch left off (subscribe/0). */
export function watchProjects(hub: EventHub) {
  return async function* (request: WatchProjectsRequest, call: Call): AsyncGenerator<Response> {
    const wanted = selection(request, call);
    const start = request.resumeToken === '' ? undefined : await startOf(request.resumeToken, call);
    const rounds = new Rounds(call.principal.kind === 'user' ? call.principal.userId : null, call.signal);
    try {
      const joined = await Promise.race([hub.join(rounds), rounds.ended]);
      if (request.includePresent) {
        for await (const project of presentProjects(request, call)) {
          const { id: projectId, parentId = '' } = project;
          yield { event: { kind: ProjectEventKind.PRESENT, projectId, parentId, project } };
        }
      }
      if (start !== undefined) yield* missed(start, joined.seen, wanted, call);
      yield { resumeToken: writeToken(joined, Date.now()) };
      // Of what happens to others nothing is sent, and the token has to keep up all the same.
      for (let sentAt = performance.now(); ; ) {
        const next = await rounds.next(sentAt + HEARTBEAT_MS - performance.now(), hub);
        for (const message of 'projects' in next ? told(next, next.projects, wanted) : []) {
          yield message;
          sentAt = performance.now();
        }
        if (performance.now() - sentAt < HEARTBEAT_MS) continue;
        yield { resumeToken: writeToken(next.position, Date.now()) };
        sentAt = performance.now();
      }
    } finally {
      hub.leave(rounds);
    }
  };
}

/** Everything between two positions, page by page. */
async function* missed(
  start: EventPosition,
  until: string,
  wanted: Selection,
  call: Call,
): AsyncGenerator<Response> {
  let position = start;
  for (;;) {
    const look = await eventsAfter(call.read, position, until);
    const userIds = call.principal.kind === 'user' ? [call.principal.userId] : [];
    yield* told(look, await watchedProjects(call.read, projectsIn(look.events), userIds), wanted);
    position = look.position;
    // A position within an earlier look ends at that one's snapshot, and goes on from there.
    if (!look.isFull && position.seen === until) return;
  }
}

function* told(
  { events }: Look,
  projects: ReadonlyMap<string, WatchedProject>,
  wanted: Selection,
): Generator<Response> {
  for (const { event, position } of events) {
    const { kind } = event;
    const project = projects.get(event.project_id);
    if (!isWatched(kind) || project === undefined || !wanted(kind, project)) continue;
    yield {
      event: eventMessage({ ...event, kind }, project),
      resumeToken: writeToken(position, Date.now()),
    };
  }
}

type Selection = (kind: Parameters<typeof watchedKinds.value>[0], project: WatchedProject) => boolean;

function selection(
  { projectIds, includeDescendants, kinds, ...rest }: WatchProjectsRequest,
  call: Call,
): Selection {
  refuse(
    kinds.flatMap((kind, index) =>
      kind === ProjectEventKind.UNSPECIFIED
        ? [{ field: `kinds[${index}]`, description: 'must not be UNSPECIFIED' }]
        : [],
    ),
  );
  if (rest.includePresent && rest.resumeToken !== '') {
    refuse([{ field: 'include_present', description: 'cannot be used together with resume_token' }]);
  }
  const ids = new Set(projectIds.map((id) => id.toLowerCase()));
  const asked = new Set<ProjectEventKind>(kinds);
  const { principal } = call;
  return (kind, { id, path, isReadBy }) =>
    (asked.size === 0 || asked.has(watchedKinds.value(kind))) &&
    (ids.size === 0 || ids.has(id) || (includeDescendants && path.some((above) => ids.has(above)))) &&
    (principal.kind === 'service' || isReadBy(principal.userId));
}

async function startOf(token: string, call: Call): Promise<EventPosition> {
  const position = readToken(token, Date.now());
  if (!(await isOfPast(call.read, position))) throw expiredToken();
  return position;
}

/** The rounds that wait for one client. */
class Rounds implements Watcher {
  readonly userId: string | null;
  /** Rejects once the call is over. */
  readonly ended: Promise<never>;
  readonly #signal: AbortSignal;
  readonly #rejectEnded: (reason: unknown) => void;
  #waiting: Round[] = [];
  #waitingEvents = 0;
  #wake = () => {};
  #failure: unknown;

  constructor(userId: string | null, signal: AbortSignal) {
    this.userId = userId;
    this.#signal = signal;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.ended = promise;
    this.#rejectEnded = reject;
    const end = () => {
      reject(signal.reason);
      this.#wake();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }

  end(reason: Failure): void {
    this.#failure ??= reason;
    this.#rejectEnded(reason);
    this.#wake();
  }

  hear(round: Round): void {
    if (this.#waitingEvents >= WAITING_EVENTS) {
      const message = 'the client takes events more slowly than they come: go on with the last resume_token';
      this.#failure ??= new Failure('resource_exhausted', 'SLOW_CONSUMER', message);
      this.#waiting = [];
    } else if (this.#failure === undefined) {
      this.#waiting.push(round);
      this.#waitingEvents += round.events.length;
    }
    this.#wake();
  }

  /** The next round; when none has come for so long, the position up to where none concerns this watcher. */
  async next(
    ms: number,
    hub: Pick<EventHub, 'position'>,
  ): Promise<Round | { readonly position: EventPosition }> {
    for (let waited = false; ; waited = true) {
      this.#signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      const round = this.#waiting.shift();
      if (round !== undefined) {
        this.#waitingEvents -= round.events.length;
        return round;
      }
      // Read in the same moment in which nothing waits.
      const { position } = hub;
      if (waited && position !== undefined) return { position };
      await this.#woken(ms);
    }
  }

  async #woken(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
