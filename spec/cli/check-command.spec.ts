import { expect } from 'chai';
import { useDisks } from './disk-support.js';

describe('wakechain check', function () {
  this.timeout(60_000);
  const disks = useDisks();
  const stack = '--file DIR/a DIR/b --layers mirror,checksum';
  before(() => disks.run(`create ${stack} --size 1M`));

  it('exits with 0 where nothing is wrong', async () => {
    const { code, stdout, stderr } = await disks.run(`check ${stack}`);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^mirror: .* checked, no problem\nchecksum of .*a: .* no problem\nchecksum of .*b: .*\n$/);
  });

  it('tells what is wrong with exit code 1, repairs it when it is asked to, and finds nothing then', async () => {
    // One of two copies of the superblock, which a repair stores both; blocks of data were never written.
    await disks.run(`check ${stack} --repair`);
    disks.damage('a', 4096, 4096);
    const found = await disks.run(`check ${stack}`);
    expect(found.code).to.equal(1);
    expect(found.stdout).to.match(
      /checksum of .*a: .* checked, \S+ KiB mismatched\n {2}mismatched: \d+ bytes at 4096\n/,
    );
    const { code, stdout } = await disks.run(`check ${stack} --repair --json`);
    const { reports, degraded } = JSON.parse(stdout) as { reports: { mismatched: number }[]; degraded: unknown[] };
    expect([code, reports.map(({ mismatched }) => mismatched), degraded]).to.deep.equal([0, [0, 0, 0], []]);
    expect(await disks.run(`check ${stack}`)).to.include({ code: 0 });
  });

  it('says when a stack has nothing to check, and when an array lacks a member', async () => {
    const plain = await disks.run('check --file DIR/a');
    expect(plain).to.include({ code: 0, stdout: 'nothing to check: no layer keeps sums or copies\n' });
    const lacking = await disks.run('check --file DIR/a DIR/nope --layers mirror,checksum');
    expect(lacking.code).to.equal(1);
    expect(lacking.stdout).to.match(/mirror: degraded, its members are in-sync, failed\n$/);
    expect(lacking.stderr).to.match(/^wakechain: without a member: device\.members\.1\.lower\.path \(file\): ENOENT/);
  });
});
