import { pipeline } from 'node:stream';
import { counters, IoError } from '../../io/index.js';
import { foldUp, lowersOf, PACKED_UNIT, sizeOf, UNIT, type Blueprint } from '../blueprint.js';
import { edgeDevice, type EdgeCall } from '../edge.js';
import type { Cannot, Kit, Rival } from '../rival.js';
import { Abort } from './context.js';
import { bottomOf, carved, queue, staged, type Device } from './stream-devices.js';
import { Flow, PagesReader, PagesWriter, Pass, type Span } from './stream-ends.js';
import { Cipher, Packer, SumChecker, SumTaker, Unpacker } from './stream-units.js';

function deviceOf(plan: Blueprint, over: (lower: Blueprint) => Device | Cannot): Device | Cannot {
  const lowers = lowersOf(plan).map(over);
  const refusal = lowers.find((lower): lower is Cannot => 'cannot' in lower);
  if (refusal !== undefined) return refusal;
  const [lower] = lowers as unknown as readonly [Device];
  switch (plan.kind) {
    case 'device':
      return bottomOf(plan.bottom);
    case 'pass':
      return staged(lower, () => new Pass(), () => new Pass()); // prettier-ignore
    case 'defer':
      return staged(lower, () => new Pass(plan.when), () => new Pass(plan.when)); // prettier-ignore
    case 'stripe':
    case 'linear':
      return carved(plan, lowers as readonly Device[]);
    case 'mirror':
      return { cannot: 'draws on one source, and cannot let the first of several win' };
    case 'crypt':
      return staged(lower, (span) => new Cipher(false, plan.key, span), (span) => new Cipher(true, plan.key, span)); // prettier-ignore
    case 'checksum': {
      const table = new Map<number, number>();
      return staged(lower, (span) => new SumChecker(table, span), (span) => new SumTaker(table, span)); // prettier-ignore
    }
    case 'pack':
      return staged(lower, (span) => new Unpacker(span), (span) => new Packer(span), packed); // prettier-ignore
    case 'retry':
      return { cannot: 'destroys a pipeline that has failed, with what has come through it, and cannot try again' };
    case 'queue':
      if ((plan.mergeBytes ?? 0) === 0) return queue(plan, lower);
      return { cannot: 'has a pipeline for each request, and cannot send several as one' };
  }
}

function packed({ position, length, flow }: Span): Span {
  return { position: (position / UNIT) * PACKED_UNIT, length: (length / UNIT) * PACKED_UNIT, flow };
}

/** The layers as streams of Node. */
export const streams: Rival = {
  name: 'streams',
  capabilities: {
    ends: 'in a microtask',
    pulls: 'by an AbortSignal that each queued part listens to',
    knows: 'the first error',
    retries: 'none',
  },
  build(blueprint, kit) {
    const device = foldUp<Device | Cannot>(blueprint, deviceOf);
    if ('cannot' in device) return device;
    return edgeDevice('streams', sizeOf(blueprint), {
      begin(call) {
        begin(call, device, kit);
      },
      cancel(call) {
        (call.private as Abort).abort();
      },
    });
  },
};

function begin(call: EdgeCall, device: Device, { pool }: Kit): void {
  const { operation, pages, offset, position, length } = call;
  const abort = new Abort();
  call.private = abort;
  if (operation === 'flush') {
    device.flush().then(() => {
      call.finish(0, null);
    }, (error: unknown) => {
      call.finish(0, asIoError(error));
    }); // prettier-ignore
    return;
  }
  if (pages === null) {
    call.finish(0, new IoError('EOPNOTSUPP', { message: `Streams do not support ${operation}` }));
    return;
  }
  const flow = new Flow(abort, pool);
  const span: Span = { position, length, flow };
  const sink = operation === 'read' ? new PagesWriter(pages, offset) : null;
  const through =
    sink === null ? [new PagesReader(pages, offset, length), ...device.writes(span)] : [...device.reads(span), sink];
  counters.links += through.length - 1;
  pipeline(through as never, (error?: Error | null) => {
    const failure = !(error instanceof Error) ? null : (flow.failure ?? asIoError(error));
    // What still waits in a queue is not to begin.
    if (failure !== null) abort.abort();
    flow.ended(failure === null, () => {
      call.finish(failure === null ? (sink?.bytes ?? length) : 0, failure);
    });
  });
}

function asIoError(error: unknown): IoError {
  return error instanceof IoError ? error : new IoError('EIO', { message: 'A stream failed', cause: error });
}
