/**
 * Requests are held in a layer while an access token is refreshed, and sent again when it has come. The callers see one
 * answer each and know nothing of it; requests that are refused meanwhile share one refresh.
 * Run it: npx tsx examples/07-token-refresh.ts
 */
import { Completion } from 'wakechain';

interface Reply {
  readonly status: number;
  readonly body: string;
}

let token = 'old';

/** A server that takes only the new token. It answers through the epoch that the request was sent in. */
function send(path: string, reply: Completion<Reply>, epoch: number): void {
  const sent = token;
  console.log(`  send ${path} with the ${sent} token`);
  setTimeout(() => {
    reply.complete(sent === 'new' ? { status: 200, body: `contents of ${path}` } : { status: 401, body: '' }, epoch);
  }, 5);
}

let refreshing: Completion | null = null;

/** The refresh under way, or a new one. */
function refresh(): Completion {
  if (refreshing !== null) return refreshing;
  console.log('  refresh the token');
  const done = (refreshing = new Completion());
  setTimeout(() => {
    token = 'new';
    refreshing = null;
    console.log('  the new token is here');
    done.complete();
  }, 20);
  return done;
}

function get(path: string): Completion<Reply> {
  const reply = new Completion<Reply>();
  let tries = 1;
  reply.intercept((outcome) => {
    if (outcome.value.status !== 401 || tries++ > 1) return; // a good answer, or refused twice: on to the caller
    const resume = outcome.hold(); // from here on nobody above is told
    refresh().notify((refreshed) => {
      // No token, or nobody wants the answer any more: what is held stands. Else it is pending again, in a new epoch.
      if (refreshed.state !== 'done' || reply.cancelRequested) resume();
      else send(path, reply, outcome.rearm());
    });
  });
  send(path, reply, reply.epoch);
  return reply;
}

const requests = ['/a', '/b', '/c'].map(get);
for (const request of requests)
  request.notify(({ value, epoch }) => console.log(value.status, value.body, `(${epoch})`));
await Promise.all(requests);
