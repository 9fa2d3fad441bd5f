import {
  BlockDevice,
  Crypt,
  Linear,
  Pass,
  RequestQueue,
  Retry,
  Stripe,
  type Io,
  type Strategy,
} from '../../io/index.js';
import { foldUp, type Blueprint } from '../blueprint.js';
import type { Bottom } from '../bottom.js';
import { Defer } from '../layers/defer.js';
import { Pack } from '../layers/pack.js';
import { PlainMirror } from '../layers/plain-mirror.js';
import { Sums } from '../layers/sums.js';
import type { Kit, Rival } from '../rival.js';

/** A design that carries wakechain's own layers, as a rival. */
export function strategyRival(strategy: Strategy): Rival {
  const { pull, knows, retries, ...others } = strategy.capabilities;
  return {
    name: strategy.name,
    capabilities: { ends: 'inline', pulls: pull, knows, retries, ...others },
    build: (blueprint, kit) => foldUp<BlockDevice>(blueprint, (plan, over) => layerOf(plan, over, strategy, kit)),
  };
}

function layerOf(
  blueprint: Blueprint,
  over: (lower: Blueprint) => BlockDevice,
  strategy: Strategy,
  { pool }: Kit,
): BlockDevice {
  switch (blueprint.kind) {
    case 'device':
      return new OverBottom(blueprint.bottom, strategy);
    case 'pass':
      return new Pass(over(blueprint.over));
    case 'stripe':
      return new Stripe(blueprint.over.map(over), { chunk: blueprint.chunk });
    case 'linear':
      return new Linear(
        blueprint.segments.map(({ over: lower, start, length }) => ({ device: over(lower), start, length })),
      );
    case 'mirror':
      return new PlainMirror(blueprint.over.map(over), pool);
    case 'crypt':
      return new Crypt(over(blueprint.over), { key: blueprint.key, pool });
    case 'checksum':
      return new Sums(over(blueprint.over));
    case 'pack':
      return new Pack(over(blueprint.over), pool);
    case 'retry':
      return new Retry(over(blueprint.over), {
        delaysMs: Array.from({ length: blueprint.attempts }, () => 0),
        codes: ['EIO'],
      });
    case 'queue': {
      const { depth, mergeBytes = 0 } = blueprint;
      return new RequestQueue(over(blueprint.over), { depth, mergeBytes });
    }
    case 'defer':
      return new Defer(over(blueprint.over), blueprint.when);
  }
}

/** The experiment's bottom as a device of the engine; a header is itself the transfer. */
class OverBottom extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  private readonly bottom: Bottom;

  constructor(bottom: Bottom, strategy: Strategy) {
    const { name, size, blockSize } = bottom;
    super(name, strategy, { size, blockSize, preferredSize: blockSize });
    this.bottom = bottom;
  }

  submit(io: Io): void {
    this.bottom.transfer(io);
  }
}
