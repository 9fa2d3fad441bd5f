import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const child = fileURLToPath(new URL('races-child.ts', import.meta.url));
const races = 1_000_000;

describe('long-lived sources', function () {
  this.timeout(120_000);

  it('raced a million times retain nothing per race, and no listener (E6)', async () => {
    const args = ['--expose-gc', '--import', 'tsx', child, String(races)];
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    const told = JSON.parse(stdout.slice(0, stdout.indexOf('}') + 1)) as Record<string, unknown>;
    expect(stderr).to.equal('');
    expect([told['races'], told['listeners'], told['warnings']]).to.deep.equal([races, 0, []]);
    // One pointer kept for each race would be 4 bytes.
    expect(told['bytesPerRace']).to.be.lessThan(1);
  });
});
