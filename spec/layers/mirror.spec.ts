import { expect } from 'chai';
import { Random, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { MirrorProgram } from './mirror-program.js';

const PROGRAMS = Number(process.env['WAKECHAIN_PROGRAMS'] ?? 50);

for (const { strategy } of designs) {
  describe(`Mirror under ${strategy.name}`, () => {
    it('survives random programs with overlaps, faults, cancels and losses of power (I4, I5, I7, I8)', async function () {
      this.timeout(100 * PROGRAMS);
      const tally = new Map<string, number>();
      for (let i = 0; i < PROGRAMS; i++) {
        const own = seed + i;
        const program = new MirrorProgram(strategy, new Random(own), tally);
        try {
          await program.run();
        } catch (error) {
          throw new Error(`With seed ${String(own)}: ${(error as Error).message}`, { cause: error });
        }
      }
      const rare = Object.entries({
        'read done': 3,
        'write done': 3,
        'write cancelled': 0.5,
        'fault read': 0.2,
        'fault write': 0.1,
        'flush done': 0.5,
        'power lost': 0.2,
        ended: 0.2,
      }).filter(([what, floor]) => (tally.get(what) ?? 0) < floor * PROGRAMS);
      const list = [...tally].sort(([a], [b]) => a.localeCompare(b)).map(([what, count]) => `${what} ${String(count)}`);
      expect(rare, list.join(', ')).to.deep.equal([]);
    });
  });
}
