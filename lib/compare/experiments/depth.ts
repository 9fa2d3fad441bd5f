import { NullDevice, PagePool, Pass, type BlockDevice, type Strategy } from '../../io/index.js';
import type { Experiment, Row, Setting } from '../experiment.js';
import { measure, type Contender } from '../meter.js';

const points = [0, 1, 2, 4, 8, 16, 32];

/** Q1: what a layer costs that does nothing. */
export const depth: Experiment = {
  name: 'depth',
  title: 'Layers that pass a request on',
  question: 'What does each design charge for a layer that only passes a request on?',
  unit: 'layers',
  xLabel: 'Pass layers over a NullDevice',
  points,
  async run(setting: Setting): Promise<Row[]> {
    const rows: Row[] = [];
    const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(4096);
    for (const layers of points) {
      const contenders = setting.designs.map((design): Contender => {
        const device = stackOf(layers, design);
        const range = pages.range();
        return {
          design: design.name,
          run(times) {
            let bytes = 0;
            for (let i = 0; i < times; i++) bytes += device.read(range, { position: 0 }).value;
            if (bytes !== times * 4096) throw new Error(`${design.name} read ${String(bytes)} bytes`);
          },
        };
      });
      rows.push(...(await measure(layers, contenders, setting)));
      setting.progress(`depth ${String(layers)}`);
    }
    return rows;
  },
};

function stackOf(layers: number, strategy: Strategy): BlockDevice {
  let device: BlockDevice = new NullDevice({ strategy });
  for (let i = 0; i < layers; i++) device = new Pass(device);
  return device;
}
