import {
  cloneKiobuf,
  cloneKiobufTracked,
  compoundEvent,
  Layer,
  NullDevice,
  PagePool,
  Pass,
  Stripe,
  waitQueue,
  type BlockDevice,
  type Io,
  type PageVector,
  type Strategy,
} from '../../lib/io/index.js';
import { alikeOf } from '../effects.js';
import type { Contender, Role, Row } from '../row.js';

/* A request through layers to a device that answers at once: what is left is the engine's own cost, under each design. */

const KIB = 1024;
const CHUNK = 4 * KIB;

interface Shape {
  readonly label: string;
  readonly kind: 'pass' | 'own pages' | 'split';
  /** Layers or, of a split, pieces. */
  readonly count: number;
}

const shapes: readonly Shape[] = [
  { label: 'no layer', kind: 'pass', count: 0 },
  { label: '1 layer that passes', kind: 'pass', count: 1 },
  { label: '4 layers that pass', kind: 'pass', count: 4 },
  { label: '16 layers that pass', kind: 'pass', count: 16 },
  { label: '1 layer with own pages', kind: 'own pages', count: 1 },
  { label: 'a split into 3', kind: 'split', count: 3 },
  { label: 'a split into 16', kind: 'split', count: 16 },
];

const lengthOf = ({ kind, count }: Shape): number => (kind === 'split' ? count * CHUNK : CHUNK);

/** What Crypt does but for the cipher. */
class OwnPages extends Layer<PageVector> {
  private readonly lower: BlockDevice;
  private readonly pool: PagePool;

  constructor(lower: BlockDevice, pool: PagePool) {
    super('own pages', [lower], lower.geometry, {});
    this.lower = lower;
    this.pool = pool;
  }

  submit(io: Io): void {
    const own = this.pool.allocate(io.length);
    io.substitute(this, this.lower, io.position, own, own);
  }

  done(_io: Io, own: PageVector): void {
    own.free();
  }
}

function stackOf({ kind, count }: Shape, strategy: Strategy, pool: PagePool): BlockDevice {
  let device: BlockDevice = new NullDevice({ strategy });
  if (kind === 'split') {
    return new Stripe([device, new NullDevice({ strategy }), new NullDevice({ strategy })], { chunk: CHUNK });
  }
  for (let i = 0; i < count; i++) device = kind === 'pass' ? new Pass(device) : new OwnPages(device, pool);
  return device;
}

function design(role: Role, strategy: Strategy): Contender {
  return {
    role,
    name: strategy.name,
    prepare(n) {
      const shape = shapes[n]!;
      const pool = new PagePool();
      const device = stackOf(shape, strategy, pool);
      const range = pool.allocate(lengthOf(shape)).range();
      let turn = 0;
      return (times) => {
        for (let i = 0; i < times; i++) {
          turn = i;
          device.write(range, { position: 0 }).notify((request) => {
            alikeOf(turn)(request.value >> 12);
          });
        }
      };
    },
  };
}

/* By hand: layers and bottom are functions of one request, which knows how far it is and can be gone on with later. */

class HandRequest {
  bytes = 0;
  position: number;
  pending = 0;
  at = 0;
  readonly length: number;
  readonly frames: HandFrame[] = [];
  readonly parent: HandRequest | null;
  readonly end: (request: HandRequest) => void;

  constructor(position: number, length: number, parent: HandRequest | null, end: (request: HandRequest) => void) {
    this.position = position;
    this.length = length;
    this.parent = parent;
    this.end = end;
  }

  finish(bytes: number): void {
    this.bytes = bytes;
    for (let frame = this.frames.pop(); frame !== undefined; frame = this.frames.pop()) {
      this.position = frame.position;
      frame.done(this, frame);
    }
    this.end(this);
  }
}

interface HandFrame {
  readonly position: number;
  readonly done: (request: HandRequest, frame: HandFrame) => void;
  readonly pages: PageVector | null;
}

function countPiece(piece: HandRequest): void {
  const parent = piece.parent!;
  parent.bytes += piece.bytes;
  if (--parent.pending === 0) parent.finish(parent.bytes);
}

function handStack({ kind, count }: Shape, pool: PagePool): (request: HandRequest) => void {
  const bottom = (request: HandRequest): void => request.finish(request.length);
  const passed = (): void => undefined;
  if (kind === 'split') {
    return (request) => {
      request.pending = count;
      for (let i = 0; i < count; i++) bottom(new HandRequest(request.position, CHUNK, request, countPiece));
    };
  }
  if (kind === 'own pages') {
    return (request) => {
      const pages = pool.allocate(request.length);
      request.frames.push({ position: request.position, done: (_request, frame) => frame.pages!.free(), pages });
      bottom(request);
    };
  }
  return (request) => {
    for (let i = 0; i < count; i++) request.frames.push({ position: request.position, done: passed, pages: null });
    bottom(request);
  };
}

const byHand: Contender = {
  role: 'ideal',
  name: 'a request with frames, by hand',
  lacks: 'no cancelling, no errors, no holding; nothing is checked',
  prepare(n) {
    const shape = shapes[n]!;
    const pool = new PagePool();
    const submit = handStack(shape, pool);
    const length = lengthOf(shape);
    let turn = 0;
    return (times) => {
      for (let i = 0; i < times; i++) {
        turn = i;
        submit(
          new HandRequest(0, length, null, (request) => {
            alikeOf(turn)(request.bytes >> 12);
          }),
        );
      }
    };
  },
};

export const ioLayers: Row = {
  name: 'io-layers',
  operation:
    'a request through layers to a device that answers at once and does nothing, under each of the four designs',
  cases: shapes.map(({ label }, n) => ({ n, label })),
  contenders: [
    byHand,
    design('ours', waitQueue),
    design('ours-too', compoundEvent),
    design('ours-too', cloneKiobuf),
    design('ours-too', cloneKiobufTracked),
  ],
  inTheWay: 'nothing: there is no reach.',
};
