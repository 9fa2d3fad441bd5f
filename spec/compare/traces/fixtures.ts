import fc from 'fast-check';
import type { TraceOperation } from '../../../lib/compare/traces/operation.js';

/** Operations that any format can hold; of the devices the format says how they are called. */
export function operationsOn(
  devices: readonly string[],
  kinds: readonly TraceOperation['operation'][],
  unit = 1,
): fc.Arbitrary<TraceOperation[]> {
  const one = fc.record({
    operation: fc.constantFrom(...kinds),
    device: fc.constantFrom(...devices),
    offset: fc.nat({ max: 2 ** 30 }).map((count) => count * unit),
    length: fc.integer({ min: 1, max: 4096 }).map((count) => count * unit),
  });
  const flush = ({ device }: TraceOperation): TraceOperation => ({ operation: 'flush', device, offset: 0, length: 0 });
  return fc.array(
    one.map((each) => (each.operation === 'flush' ? flush(each) : each)),
    { minLength: 1, maxLength: 30 },
  );
}
