import { expect } from 'chai';
import * as wire from '../../lib/nbd/wire.js';
import { seed } from '../conformance/random.js';
import { fuzzClientOnce } from './fuzz-client.js';
import { checkLine, fuzzedServer, fuzzOnce } from './fuzz.js';
import { RawClient, servers, until } from './support.js';

describe('NbdDevice of a server whose words are mangled', function () {
  this.timeout(60_000);
  const { newPath } = servers();

  it(`fails requests and goes on, and hangs in nothing (P7), seed ${String(seed)}`, async () => {
    const path = newPath();
    await using server = fuzzedServer(() => undefined);
    await server.listen({ path });
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => fuzzClientOnce(path, newPath(), seed + round * 20 + i)));
      await until(() => server.connections === 0 && server.bytesInFlight === 0);
    }
    expect(server.figures.requests).to.be.greaterThan(100);
  });
});

describe('NbdServer under random clients', function () {
  this.timeout(60_000);
  const { newPath } = servers();

  it(`serves one that is in its right mind, and keeps nothing of the others (P3), seed ${String(seed)}`, async () => {
    const path = newPath();
    await using server = fuzzedServer(checkLine);
    await server.listen({ path });
    const good = await RawClient.go(path);
    for (let round = 0; round < 60; round++) {
      await Promise.all([0, 1, 2, 3, 4].map((i) => fuzzOnce(path, seed + round * 5 + i)));
      good.ask(wire.CMD_READ, round, 0, 512);
      expect(await good.reply(), `WAKECHAIN_SEED=${String(seed)}, round ${String(round)}`).to.deep.equal([0, round]);
      await good.read(512);
    }
    await until(() => server.connections === 1 && server.bytesInFlight === 0 && server.inFlight === 0);
    expect(server.figures.requests).to.be.greaterThan(300);
    good.close();
  });
});
