import { MemoryDevice, PagePool, Stripe } from '../../io/index.js';
import type { Experiment, Row, Setting } from '../experiment.js';
import { measure, type Contender } from '../meter.js';

const points = [1, 2, 4, 16, 64, 256];
const CHUNK = 512;

/** Q1: what carving a request into pieces costs. */
export const fanOut: Experiment = {
  name: 'fan-out',
  title: 'A request carved into pieces',
  question: 'What does each design charge for carving a request into pieces and joining them again?',
  unit: 'members',
  xLabel: 'Members of a Stripe, one piece each, over MemoryDevices',
  points,
  async run(setting: Setting): Promise<Row[]> {
    const rows: Row[] = [];
    const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(Math.max(...points) * CHUNK);
    pages.set(
      Uint8Array.from({ length: pages.length }, (_, i) => i / CHUNK),
      0,
    );
    for (const width of points) {
      const contenders = setting.designs.map((design): Contender => {
        const members = Array.from({ length: width }, () => new MemoryDevice({ size: CHUNK, strategy: design }));
        const device = new Stripe(members, { chunk: CHUNK });
        const range = pages.range(0, width * CHUNK);
        return {
          design: design.name,
          run(times) {
            let bytes = 0;
            for (let i = 0; i < times; i++) bytes += device.write(range, { position: 0 }).value;
            if (bytes !== times * range.length) throw new Error(`${design.name} wrote ${String(bytes)} bytes`);
          },
        };
      });
      rows.push(...(await measure(width, contenders, setting)));
      setting.progress(`fan-out ${String(width)}`);
    }
    return rows;
  },
};
